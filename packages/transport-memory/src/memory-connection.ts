import { type ByteStream, type CloseInfo, type Connection, TransportError } from '@aster/rpc-core'
import {
  abandonStream,
  assertStreamCode,
  closeError,
  misuseError,
  Pushable,
  runNeutral,
  runSoon,
} from '@aster/rpc-core/protocol'
import { printableLines } from '@aster/rpc-core/schema'
import { MemoryStream } from './memory-stream.ts'
import type { MemorySettings } from './options.ts'
import { type Failure, Pipe } from './pipe.ts'
import { StreamCredit } from './stream-credit.ts'

/** The most characters of the reason with which a connection is closed: about what a QUIC packet has room for. */
const MAX_REASON = 1_200

/** The state that both ends of a connection share. */
interface Link {
  readonly alpn: string
  readonly settings: MemorySettings
  readonly pipes: Set<{ readonly pipe: Pipe; readonly writer: MemoryConnection; readonly reader: MemoryConnection }>
}

/** One direction of a stream. */
interface PipeEnds {
  readonly writer: MemoryConnection
  /** The number of the stream among those that its opener opened, from 0. */
  readonly stream: number
  /** Runs when the writer is done; may run more than once. */
  readonly onWriterDone?: () => void
  /** Runs when the reader is done; may run more than once. */
  readonly onReaderDone?: () => void
}

/** One end of a connection. `drop` loses the connection, as a network does. */
export class MemoryConnection implements Connection {
  readonly remoteId: string
  readonly alpn: string
  readonly closed: Promise<CloseInfo>
  readonly #localId: string
  readonly #link: Link
  readonly #credit: StreamCredit
  readonly #incoming = new Pushable<ByteStream>(Infinity)
  #iterated = false
  #opened = 0
  /** Announces the streams that were opened here and are not yet known to the peer. */
  #unannounced: (() => void)[] = []
  #closeInfo: CloseInfo | undefined
  #resolveClosed: (info: CloseInfo) => void = () => {}
  #peer: MemoryConnection = this

  private constructor(localId: string, remoteId: string, link: Link) {
    this.remoteId = remoteId
    this.alpn = link.alpn
    this.#localId = localId
    this.#link = link
    this.#credit = new StreamCredit(link.settings.maxStreams)
    this.closed = runNeutral(() => new Promise((resolve) => (this.#resolveClosed = resolve)))
  }

  /** Returns the two ends of a new connection, that of the dialling peer first. */
  static pair(
    ids: readonly [string, string],
    alpn: string,
    settings: MemorySettings,
  ): [MemoryConnection, MemoryConnection] {
    const link: Link = { alpn, settings, pipes: new Set() }
    const a = new MemoryConnection(ids[0], ids[1], link)
    const b = new MemoryConnection(ids[1], ids[0], link)
    a.#peer = b
    b.#peer = a
    return [a, b]
  }

  async openStream({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<ByteStream> {
    await this.#credit.acquire(signal)
    if (this.#closeInfo !== undefined) throw closeError(this.#closeInfo)
    const stream = this.#opened++
    // A stream holds its credit until the side that accepted it is done with both halves.
    let open = 2
    const countHalf = (): (() => void) => {
      let first = true
      return () => {
        if (!first) return
        first = false
        if (--open === 0) this.#credit.release()
      }
    }
    const requests = this.#createPipe({ writer: this, stream, onReaderDone: countHalf() })
    const responses = this.#createPipe({ writer: this.#peer, stream, onWriterDone: countHalf() })
    const announce = (): void => this.#announce(offer)
    const offer = (): void => this.#peer.#offer(new MemoryStream(responses, requests))
    this.#unannounced.push(offer)
    return new MemoryStream(requests, responses, announce)
  }

  #offer(stream: MemoryStream): void {
    if (this.#incoming.open) return void this.#incoming.push(stream)
    abandonStream(stream)
  }

  /** Announces a stream and, as QUIC does, all streams that were opened before it. */
  #announce(offer: () => void): void {
    const known = this.#unannounced.indexOf(offer) + 1
    for (const next of this.#unannounced.splice(0, known)) next()
  }

  #createPipe({ writer, stream, onWriterDone, onReaderDone }: PipeEnds): Pipe {
    const { settings, pipes, alpn } = this.#link
    const reader = writer.#peer
    let halves = 2
    const entry = {
      writer,
      reader,
      pipe: new Pipe(
        {
          highWaterMark: settings.highWaterMark,
          chunkSize: settings.chunkSize,
          fault: (chunk, offset) =>
            settings.faults.onWrite?.(chunk, {
              from: writer.#localId,
              alpn,
              stream,
              byOpener: writer === this,
              offset,
            }),
          drop: () => this.drop(),
        },
        () => release(onWriterDone),
        () => release(onReaderDone),
      ),
    }
    const release = (onDone: (() => void) | undefined): void => {
      if (--halves <= 0) pipes.delete(entry)
      onDone?.()
    }
    pipes.add(entry)
    return entry.pipe
  }

  incomingStreams(): AsyncIterable<ByteStream> {
    if (this.#iterated) throw misuseError('incomingStreams is to be iterated once')
    this.#iterated = true
    return this.#incoming
  }

  close(code = 0, reason = ''): void {
    assertStreamCode(code)
    this.#end({ by: 'local', code, reason }, { by: 'peer', code, reason: printableLines(reason, MAX_REASON) })
  }

  /** Waits for one turn of the event loop, in which a peer that reads takes all bytes that have arrived. */
  flush(): Promise<void> {
    return new Promise(runSoon)
  }

  /** Loses the connection for both sides, as a network does. */
  drop(reason = 'the connection was dropped'): void {
    this.#end({ by: 'network', reason }, { by: 'network', reason })
  }

  #end(here: CloseInfo, there: CloseInfo): void {
    if (this.#closeInfo !== undefined) return
    const infos = new Map([
      [this, here],
      [this.#peer, there],
    ])
    for (const [side, info] of infos) {
      side.#closeInfo = info
      // `closed` resolves before any stream fails.
      side.#resolveClosed(info)
    }
    const errorAt = (side: MemoryConnection): TransportError => closeError(infos.get(side) ?? there)
    for (const { pipe, writer, reader } of this.#link.pipes) {
      const failure: Failure = { writer: () => errorAt(writer), reader: () => errorAt(reader) }
      pipe.lose(failure)
    }
    this.#link.pipes.clear()
    for (const [side, info] of infos) {
      side.#unannounced = []
      side.#credit.fail(() => closeError(info))
      side.#incoming.end()
    }
  }
}
