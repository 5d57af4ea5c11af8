import {
  describedContractId,
  type Description,
  type FieldDescription,
  type NamedTypeDescription,
  type ServiceDescription,
  toDefinitions,
} from '@aster/description'
import { typesOf } from './type-graph.ts'

/** The result of comparing the contract ids of a description with its types. */
export type Proof =
  | { readonly description: Description; readonly warnings: readonly string[] }
  /** The service whose types do not match its contract id. */
  | { readonly refused: string }

/** The largest number of orders of fields that are tried. Each takes the time of a few hashes. */
const MAX_ORDERS = 5_040

/**
 * Compares the contract ids of services with those of their types. An exported contract sorts the fields of a struct by name,
 * while the id depends on the order of declaration, which is found by trying orders.
 */
export function proveTypes(description: Description): Proof {
  const warnings: string[] = []
  const services: ServiceDescription[] = []
  const orders = new Map<string, NamedTypeDescription>()
  for (const service of description.services) {
    const proven = proveService(description, service)
    if (proven === undefined) return { refused: service.name }
    if (proven.postponed)
      warnings.push(
        `${service.name}: its module postpones annotations, so that its contract id proves the types of requests alone`,
      )
    services.push(proven.postponed ? { ...service, postponedAnnotations: true } : service)
    for (const type of proven.types) orders.set(type.name, type)
  }
  return {
    description: { ...description, services, types: description.types.map((type) => orders.get(type.name) ?? type) },
    warnings,
  }
}

interface Proven {
  readonly types: readonly NamedTypeDescription[]
  readonly postponed: boolean
}

function proveService(whole: Description, service: ServiceDescription): Proven | undefined {
  const types = typesOf({ ...whole, services: [service] })
  if (service.contractId === undefined) return { types, postponed: false }
  let tried = 0
  for (const ordered of orderings(types)) {
    for (const postponed of [false, true]) {
      const changed = { ...service, postponedAnnotations: postponed }
      const definitions = toDefinitions({ ...whole, services: [changed], types: ordered })
      const [one] = definitions.services
      if (one !== undefined && describedContractId(definitions, one) === service.contractId)
        return { types: ordered, postponed }
    }
    if (++tried >= MAX_ORDERS) return undefined
  }
  return undefined
}

/** Yields every order of the fields of all structs, beginning with that of the description. */
function* orderings(types: readonly NamedTypeDescription[], at = 0): Generator<readonly NamedTypeDescription[]> {
  const type = types[at]
  if (type === undefined) {
    yield types
    return
  }
  if (type.kind === 'enum') {
    yield* orderings(types, at + 1)
    return
  }
  for (const fields of permutations(type.fields)) yield* orderings(types.with(at, { ...type, fields }), at + 1)
}

function* permutations(fields: readonly FieldDescription[]): Generator<readonly FieldDescription[]> {
  if (fields.length < 2) {
    yield fields
    return
  }
  for (const [i, first] of fields.entries()) {
    for (const rest of permutations([...fields.slice(0, i), ...fields.slice(i + 1)])) yield [first, ...rest]
  }
}
