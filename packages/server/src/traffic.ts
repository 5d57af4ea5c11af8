import { type AdmissionEvent, type AdmissionLog, logAdmissions } from '@aster/admission'
import type { Logger } from '@aster/rpc-core'
import { guardLogger } from '@aster/rpc-core/protocol'
import { expectInteger } from '@aster/rpc-core/schema'
import { ConnectionTable } from './connection-table.ts'
import type { AsterServerOptions } from './options.ts'
import { Refusals } from './refusals.ts'
import type { ServerStats } from './server-stats.ts'

/** The part of a running endpoint that `stats()` counts. */
interface CountedEndpoint {
  readonly channel: { readonly name: string }
  readonly admissionConnections: number
}

/** Counts the connections and refusals of all channels of a server. */
export class Traffic {
  readonly refusals: Refusals
  readonly table: ConnectionTable
  readonly #admissionLog: AdmissionLog | undefined
  readonly #admissions = { admitted: 0, denied: 0, dropped: 0 }

  /** @throws AsterError if a limit is not an integer from 1 on */
  constructor({ maxConnections = 10_000, maxConnectionsPerPeer = 64 }: AsterServerOptions, logger: Logger | undefined) {
    const refusals = new Refusals(guardLogger(logger))
    this.refusals = refusals
    this.#admissionLog = logger && logAdmissions(logger)
    this.table = new ConnectionTable({
      maxConnections: expectInteger('maxConnections', maxConnections, 1),
      maxConnectionsPerPeer: expectInteger('maxConnectionsPerPeer', maxConnectionsPerPeer, 1),
      onDisplaced: (connection, message) =>
        refusals.add({ cause: 'connections', peer: connection.remoteId, message }, connection),
    })
  }

  /** Counts and logs the outcome of a request for admission. */
  audit(event: AdmissionEvent): void {
    this.#admissions[event.decision]++
    this.#admissionLog?.(event)
  }

  /** Writes the log lines that the rate limit has held back. */
  flush(): void {
    this.#admissionLog?.flush()
    this.refusals.flush()
  }

  /** Returns the current numbers as a frozen object. */
  stats(endpoints: readonly CountedEndpoint[]): ServerStats {
    const connectionsByChannel: Record<string, number> = {}
    let admissionConnections = 0
    for (const endpoint of endpoints) {
      connectionsByChannel[endpoint.channel.name] = 0
      admissionConnections += endpoint.admissionConnections
    }
    const sums = { streamsOpening: 0, streamsRunning: 0, sessions: 0, bufferedBytes: 0 }
    for (const { channel, served } of this.table) {
      connectionsByChannel[channel] = (connectionsByChannel[channel] ?? 0) + 1
      if (served === undefined) continue
      const { opening, running, sessions, bufferedBytes } = served.stats
      sums.streamsOpening += opening
      sums.streamsRunning += running
      sums.sessions += sessions
      sums.bufferedBytes += bufferedBytes
    }
    return Object.freeze({
      connections: this.table.size,
      connectionsByChannel: Object.freeze(connectionsByChannel),
      admissionConnections,
      ...sums,
      admissions: Object.freeze({ ...this.#admissions }),
      refusals: this.refusals.counts,
    })
  }
}
