import {
  type ByteStream,
  type CloseInfo,
  type Connection,
  type ConnectionPath,
  type NodeAddr,
  type Transport,
  TransportError,
} from '@aster/rpc-core'
import { onAbort, RPC_ALPN } from '@aster/rpc-core/protocol'

/** The properties that the transport reports of a connection. */
export interface WhatIsKnown {
  readonly rttMs?: number
  readonly paths?: readonly ConnectionPath[]
}

/** A connection that a test controls. */
export class FakeConnection implements Connection {
  readonly remoteId: string
  readonly alpn = RPC_ALPN
  readonly rttMs: number | undefined
  paths: readonly ConnectionPath[] | undefined
  readonly closed: Promise<CloseInfo>
  /** The end of the connection; `undefined` while it is open. */
  info: CloseInfo | undefined
  #resolve = (_info: CloseInfo): void => {}

  constructor(remoteId: string, { rttMs, paths }: WhatIsKnown = {}) {
    this.remoteId = remoteId
    this.rttMs = rttMs
    this.paths = paths
    this.closed = new Promise((resolve) => (this.#resolve = resolve))
  }

  end(info: CloseInfo): void {
    this.info ??= info
    this.#resolve(info)
  }

  close(code = 0, reason = ''): void {
    this.end({ by: 'local', code, reason })
  }

  async openStream(): Promise<ByteStream> {
    throw new TransportError('misuse', 'a fake has no streams')
  }

  async *incomingStreams(): AsyncGenerator<ByteStream> {}
}

/** A dial that a test completes. It also ends when its signal aborts. */
export interface Dial {
  readonly address: NodeAddr
  succeed(known?: WhatIsKnown): FakeConnection
  fail(message: string): void
  readonly aborted: boolean
}

export class FakeTransport implements Transport {
  localAddress: NodeAddr = { endpointId: 'here', addresses: [] }
  usesRelays: boolean | undefined
  readonly dials: Dial[] = []

  connect(address: NodeAddr, { signal }: { alpn: string; signal?: AbortSignal | undefined }): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const off = onAbort(signal, () => reject(signal?.reason as Error))
      this.dials.push({
        address,
        succeed(known) {
          off()
          const connection = new FakeConnection(address.endpointId, known)
          resolve(connection)
          return connection
        },
        fail(message) {
          off()
          reject(new TransportError('unreachable', message))
        },
        get aborted() {
          return signal?.aborted === true
        },
      })
    })
  }

  /** The running dial, or the last one. */
  get last(): Dial {
    const dial = this.dials.at(-1)
    if (dial === undefined) throw new Error('nothing was dialled')
    return dial
  }

  async *listen(): AsyncGenerator<Connection> {}

  async close(): Promise<void> {}
}
