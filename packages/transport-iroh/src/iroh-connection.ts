import type { ByteStream, CloseInfo, Connection, TransportError } from '@aster/rpc-core'
import { Pushable } from '@aster/rpc-core/protocol'
import { IrohStream } from './iroh-stream.ts'
import { codeOf, misuse } from './misuse.ts'
import type { NativeConnection } from './native.ts'
import { closeInfoOf, errorOfClose, streamError } from './native-error.ts'
import { textToArray } from './number-array.ts'
import { dispose, StreamOpener } from './stream-opener.ts'

/** Native accepts under way at a time: with one, each stream would wait for the thread hop of the one before. */
const ACCEPTS = 4

export class IrohConnection implements Connection {
  readonly remoteId: string
  readonly alpn: string
  readonly closed: Promise<CloseInfo>
  readonly #native: NativeConnection
  /** An endpoint that nobody holds is collected, and its connections with it. */
  readonly #owner: object
  readonly #opener: StreamOpener
  #iterated = false
  /** How this side closed it. */
  #closing: CloseInfo | undefined

  constructor(native: NativeConnection, owner: object) {
    this.#native = native
    this.#owner = owner
    this.remoteId = native.remoteId().toString()
    this.alpn = new TextDecoder().decode(Uint8Array.from(native.alpn()))
    this.#opener = new StreamOpener(native)
    this.closed = native.closed().then(
      (text) => this.#closing ?? closeInfoOf(text),
      (error: unknown) => ({ by: 'network', reason: String(error) }),
    )
  }

  readonly #errorOf = (error: unknown): TransportError => streamError(error, this.#closing)

  async openStream({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<ByteStream> {
    if (this.#closing !== undefined) throw errorOfClose(this.#closing)
    try {
      return new IrohStream(await this.#opener.open(signal), this.#errorOf)
    } catch (error) {
      if (signal?.aborted && error === signal.reason) throw error
      throw this.#errorOf(error)
    }
  }

  incomingStreams(): AsyncIterable<ByteStream> {
    if (this.#iterated) throw misuse('incomingStreams is to be iterated once')
    this.#iterated = true
    const streams = new Pushable<ByteStream>(Infinity)
    for (let i = 0; i < ACCEPTS; i++) void this.#accept(streams)
    return streams
  }

  /** Takes streams until the connection is gone; refuses them once nobody iterates any more. */
  async #accept(streams: Pushable<ByteStream>): Promise<void> {
    try {
      for (;;) {
        const native = await this.#native.acceptBi()
        if (streams.open) void streams.push(new IrohStream(native, this.#errorOf))
        else dispose(native)
      }
    } catch {
      // The connection is gone; `closed` says how.
      streams.end()
    }
  }

  close(code = 0, reason = ''): void {
    const native = codeOf(code)
    if (this.#closing !== undefined || this.#native.closeReason() !== null) return
    this.#closing = { by: 'local', code, reason }
    this.#native.close(native, textToArray(reason))
  }
}
