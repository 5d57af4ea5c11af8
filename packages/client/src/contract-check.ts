import type { ServiceSummary } from '@aster/admission'
import { contractId } from '@aster/contract'
import type { ServiceDefinition } from '@aster/rpc-core'
import { printable } from '@aster/rpc-core/schema'
import { ContractMismatchError } from './errors.ts'

/**
 * Returns a hint if the contract id of the definition differs from the producer's. Returns `undefined` if they agree, or if the
 * producer offers no id. A definition can have several ids, and any of them matches (quirk 42 of docs/python-0.1.md).
 */
export function contractHint(service: ServiceDefinition, offered: ServiceSummary): string | undefined {
  if (offered.contractId === '') return undefined
  try {
    if (matches(service, offered)) return undefined
  } catch {
    // A name contains a lone surrogate, so the definition has no id. A difference shows when a call fails.
    return undefined
  }
  return (
    `the producer's contract id of service '${service.name}' is ${printable(offered.contractId)}, and the definition here has another: ` +
    'their methods or fields may differ'
  )
}

/** @throws ContractMismatchError if the producer does not offer the contract of the definition */
export function assertContract(service: ServiceDefinition, offered: ServiceSummary): void {
  if (offered.contractId !== '' && matches(service, offered)) return
  throw new ContractMismatchError(service.name, service.version, contractId(service), offered.contractId)
}

/** Caches the comparisons of each definition by the producer's id and modes, because an id takes many hashes to compute. */
const compared = new WeakMap<ServiceDefinition, Map<string, boolean>>()

function matches(service: ServiceDefinition, { contractId: offered, serializationModes }: ServiceSummary): boolean {
  const known = compared.get(service) ?? new Map<string, boolean>()
  compared.set(service, known)
  const key = [offered, ...serializationModes].join(' ')
  const result = known.get(key) ?? [['xlang'], serializationModes].some((modes) => hasId(service, offered, modes))
  known.set(key, result)
  return result
}

function hasId(service: ServiceDefinition, offered: string, serializationModes: readonly string[]): boolean {
  return [false, true].some(
    (postponedAnnotations) =>
      contractId(service, { serializationModes, postponedAnnotations }) === offered.toLowerCase(),
  )
}
