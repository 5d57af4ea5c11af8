import type { ServiceSummary } from '@aster/admission'
import { contractId } from '@aster/contract'
import type { ServiceDefinition } from '@aster/rpc-core'
import { printable } from '@aster/rpc-core/schema'
import { ContractMismatchError } from './errors.ts'

/**
 * Returns a hint if the definition here differs from the producer's, as far as their contract ids tell; `undefined` if they
 * agree, or the producer offers no id. Any of the ids of one definition will do (quirk 42 of docs/python-0.1.md).
 */
export function contractHint(service: ServiceDefinition, offered: ServiceSummary): string | undefined {
  if (offered.contractId === '') return undefined
  try {
    if (matches(service, offered)) return undefined
  } catch {
    // A definition that has no id, by a lone surrogate in a name: calls will tell.
    return undefined
  }
  return (
    `the producer's contract id of service '${service.name}' is ${printable(offered.contractId)}, and the definition here has another: ` +
    'their methods or fields may differ'
  )
}

/** @throws ContractMismatchError unless the producer offers the contract of the definition here */
export function assertContract(service: ServiceDefinition, offered: ServiceSummary): void {
  if (offered.contractId !== '' && matches(service, offered)) return
  throw new ContractMismatchError(service.name, service.version, contractId(service), offered.contractId)
}

/** Of each definition the ids that it was compared with, under what the producer reads: an id takes many hashes. */
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
