import type { Description } from './description.ts'

/**
 * Returns a description in which methods and fields have the names of the wire in code as well: what is made of it takes
 * `maybe_text` for `maybeText`.
 */
export function withWireNames(description: Description): Description {
  return {
    ...description,
    services: description.services.map((service) => ({
      ...service,
      methods: service.methods.map((method) => ({
        ...method,
        // A client with this method would be taken for a promise.
        name: method.wireName === 'then' ? method.name : method.wireName,
      })),
    })),
    types: description.types.map((type) =>
      type.kind === 'enum'
        ? type
        : {
            ...type,
            fields: type.fields.map((field) => ({ ...field, name: field.wireName })),
          },
    ),
  }
}
