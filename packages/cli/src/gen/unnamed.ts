import type { Description, ServiceDescription, TypeDescription } from '@aster/description'
import { typesOf } from './type-graph.ts'

/** A description in which `any` replaces every type that Python's contract ids have no name for. */
export interface WithoutUnnamed {
  readonly without: Description
  /** The fields whose types were replaced. */
  readonly found: readonly string[]
}

/** Returns the description of one service as Python's contract ids see it. */
export function withoutUnnamed(whole: Description, service: ServiceDescription): WithoutUnnamed {
  const description = { ...whole, services: [service], types: typesOf({ ...whole, services: [service] }) }
  const found: string[] = []
  const replace = (type: TypeDescription, place: string): TypeDescription => {
    if (type.pythonAny === true) {
      found.push(place)
      return { kind: 'any' }
    }
    switch (type.kind) {
      case 'optional':
        return { ...type, inner: replace(type.inner, place) }
      case 'list':
      case 'set':
        return { ...type, element: replace(type.element, place) }
      case 'record':
        return { ...type, value: replace(type.value, place) }
      case 'map':
        return { ...type, key: replace(type.key, place), value: replace(type.value, place) }
      default:
        return type
    }
  }
  const types = description.types.map((type) =>
    type.kind === 'enum'
      ? type
      : {
          ...type,
          // Defaults are not part of the id, and may not fit the new type.
          fields: type.fields.map((field) => ({
            ...field,
            default: undefined,
            type: replace(field.type, `${type.name}.${field.name}`),
          })),
        },
  )
  const services = description.services.map((service) => ({
    ...service,
    methods: service.methods.map((method) => ({
      ...method,
      request: replace(method.request, `${service.name}.${method.name}, the request`),
      response: replace(method.response, `${service.name}.${method.name}, the response`),
    })),
  }))
  return { without: { ...description, services, types }, found: [...new Set(found)] }
}
