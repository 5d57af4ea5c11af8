import type { Description } from './description.ts'

/**
 * Returns a description in which the TypeScript names of methods and fields are their wire names. Code made from it uses
 * `maybe_text` instead of `maybeText`.
 */
export function withWireNames(description: Description): Description {
  return {
    ...description,
    services: description.services.map((service) => ({
      ...service,
      methods: service.methods.map((method) => ({
        ...method,
        // `await` would treat a client with a method `then` as a promise.
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
