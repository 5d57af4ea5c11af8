import type { Transport } from '@aster/rpc-core'
import { Turns } from './turns.ts'

/** The number of concurrent requests. A producer accepts four connections of one endpoint, one of which may be closing. */
const MAX_ADMISSIONS = 3

/** The admissions of one endpoint by one producer, shared by all clients of the endpoint. */
export interface Admissions {
  readonly turns: Turns
  /** Closes the connection that is still open after the last admission. */
  closeLingering: () => void
  /** The hash of the settings that the producer granted the last admission for: see `DialAhead`. */
  terms?: string | undefined
  /** True if the producer has closed a connection without an answer: see `admit`. The client then no longer dials ahead. */
  isDropped?: boolean
}

const admissions = new WeakMap<Transport, Map<string, Admissions>>()

/** Returns the admissions by the producer with this endpoint id, which all clients of a transport share. */
export function admissionsOf(transport: Transport, endpointId: string): Admissions {
  const byProducer = admissions.get(transport) ?? new Map<string, Admissions>()
  admissions.set(transport, byProducer)
  const known: Admissions = byProducer.get(endpointId) ?? { turns: new Turns(MAX_ADMISSIONS), closeLingering: () => {} }
  byProducer.set(endpointId, known)
  return known
}
