import type { Transport } from '@aster/rpc-core'
import { Turns } from './turns.ts'

/** Admissions of one endpoint by one producer at a time: a producer takes four, one of which may be closing. */
const MAX_ADMISSIONS = 3

/** The admissions of one endpoint by one producer, by whichever clients. */
export interface Admissions {
  readonly turns: Turns
  /** Closes the connection that stays open behind the last admission. */
  closeLingering: () => void
  /** What the producer granted the last admission for: see `DialAhead`. */
  terms?: string | undefined
}

const admissions = new WeakMap<Transport, Map<string, Admissions>>()

/** Returns what all clients of a transport share of their admissions by the producer with this endpoint id. */
export function admissionsOf(transport: Transport, endpointId: string): Admissions {
  const byProducer = admissions.get(transport) ?? new Map<string, Admissions>()
  admissions.set(transport, byProducer)
  const known: Admissions = byProducer.get(endpointId) ?? { turns: new Turns(MAX_ADMISSIONS), closeLingering: () => {} }
  byProducer.set(endpointId, known)
  return known
}
