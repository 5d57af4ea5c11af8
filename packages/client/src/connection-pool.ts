import { type CloseInfo, type Connection, type NodeAddr, RpcError, StatusCode, type Transport } from '@aster/rpc-core'
import { NOT_ADMITTED, RPC_ALPN } from '@aster/rpc-core/protocol'
import { dial } from './dial.ts'

/** The wait before dialling again after a failure doubles from one to the other, and is shortened by chance. */
const BACKOFF_MS = { first: 100, most: 5_000 }

interface Entry {
  /** Open, or being dialled by one and awaited by all who ask. */
  connection?: Connection | Promise<Connection> | undefined
  /** Dials that failed since the last that did not. */
  failures: number
  /** A connection has stood before: the producer has forgotten this consumer if it says so. */
  known: boolean
  /** The producer closed the last connection with 403. */
  forgotten: boolean
}

/**
 * One connection for calls per peer. States of a peer: none → dialling → open → none again when the connection is gone,
 * and from there the next call dials once more, after a backoff where dialling has failed. Admission is asked for again
 * only where the producer closes with 403: a one-time credential serves once.
 */
export class ConnectionPool {
  readonly #transport: Transport
  readonly #timeoutMs: number
  readonly #readmit: () => Promise<unknown>
  readonly #entries = new Map<string, Entry>()
  #closed = false

  constructor(transport: Transport, timeoutMs: number, readmit: () => Promise<unknown>) {
    this.#transport = transport
    this.#timeoutMs = timeoutMs
    this.#readmit = readmit
  }

  get(address: NodeAddr): Connection | Promise<Connection> {
    if (this.#closed) throw new RpcError(StatusCode.UNAVAILABLE, 'the client is closed')
    const entry = this.#entryOf(address.endpointId)
    entry.connection ??= this.#connect(address, entry)
    return entry.connection
  }

  close(): void {
    this.#closed = true
    for (const { connection } of this.#entries.values()) {
      if (connection instanceof Promise) connection.then((late) => late.close()).catch(() => {})
      else connection?.close()
    }
    this.#entries.clear()
  }

  #entryOf(id: string): Entry {
    let entry = this.#entries.get(id)
    if (entry === undefined) {
      entry = { failures: 0, known: false, forgotten: false }
      this.#entries.set(id, entry)
    }
    return entry
  }

  async #connect(address: NodeAddr, entry: Entry): Promise<Connection> {
    try {
      if (entry.failures > 0) await pause(backoff(entry.failures))
      let connection = await this.#admittedConnection(address, entry)
      if (connection === undefined) {
        await this.#readmit()
        entry.forgotten = false
        connection = await dial(this.#transport, address, RPC_ALPN, this.#timeoutMs)
      }
      this.#keep(entry, connection)
      return connection
    } catch (error) {
      entry.failures += 1
      entry.connection = undefined
      throw error
    }
  }

  /** A connection, or nothing where the producer does not know this consumer any more. */
  async #admittedConnection(address: NodeAddr, entry: Entry): Promise<Connection | undefined> {
    if (entry.forgotten) return undefined
    const started = performance.now()
    const connection = await dial(this.#transport, address, RPC_ALPN, this.#timeoutMs)
    if (!entry.known) return connection
    // The 403 comes at most one round trip behind the handshake, which took at least one.
    const refused = await Promise.race([connection.closed, pause(performance.now() - started + 5)])
    return refused?.code === NOT_ADMITTED ? undefined : connection
  }

  #keep(entry: Entry, connection: Connection): void {
    if (this.#closed) connection.close()
    entry.failures = 0
    entry.known = true
    entry.connection = connection
    void connection.closed.then((info: CloseInfo) => {
      if (entry.connection !== connection) return
      entry.connection = undefined
      entry.forgotten = info.by === 'peer' && info.code === NOT_ADMITTED
    })
  }
}

function backoff(failures: number): number {
  const most = Math.min(BACKOFF_MS.first * 2 ** (failures - 1), BACKOFF_MS.most)
  return most * (0.5 + Math.random() / 2)
}

function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    // It must not keep a process alive that has closed its client meanwhile.
    setTimeout(() => resolve(undefined), ms).unref()
  })
}
