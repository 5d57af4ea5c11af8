import type { Description } from './description.ts'
import { namedTypesIn } from './named-types.ts'

/** Returns a description of the services with the given names and of the types that their messages consist of. */
export function selectServices(description: Description, names: readonly string[]): Description {
  const wanted = new Set(names)
  const services = description.services.filter(({ name }) => wanted.has(name))
  const messages = services.flatMap(({ methods }) => methods.flatMap((one) => [one.request, one.response]))
  const index = new Map(description.types.map((type) => [type.name, type]))
  const used = new Set(namedTypesIn(messages, index).map(({ name }) => name))
  return { ...description, services, types: description.types.filter(({ name }) => used.has(name)) }
}
