import { type InterceptedCall, type RpcError } from '@aster/rpc-core'
import { CallHeader, cancelledError, type Frame, FrameFlag } from '@aster/rpc-core/protocol'
import { unsentError } from '../call-errors.ts'
import { metadataLists } from '../call-metadata.ts'
import type { Wire, WireOpener } from '../wire.ts'
import type { SessionLink } from './session-link.ts'

/** Opens a turn for each call: the calls of a session run one after another on its stream. */
export function sessionOpener(link: SessionLink): WireOpener {
  return {
    format: link.format,
    peerId: link.peerId,
    async open(call, request) {
      const header = encodeHeader(call, link)
      const { signal } = call
      if (signal.aborted) throw cancelledError(signal)
      try {
        const release = await link.acquire(signal)
        if (!link.isOver) return new SessionWire(call, link, release).begin(header, request)
        release()
        throw link.overError()
      } catch (error) {
        throw unsentError(error, signal)
      }
    },
  }
}

/** A turn on the stream of a session. The next call gets its turn when no frame of this one can come any more. */
class SessionWire implements Wire {
  readonly trailerFollows = false
  isFinished = false
  readonly #call: InterceptedCall
  readonly #link: SessionLink
  readonly #release: () => void
  #ended = false
  /** Ends the wait for a frame: it is no longer for this call. */
  #interrupt: (() => void) | undefined

  constructor(call: InterceptedCall, link: SessionLink, release: () => void) {
    this.#call = call
    this.#link = link
    this.#release = release
  }

  begin(header: Uint8Array, request: Frame | undefined): this {
    void this.#link.frames.queue(FrameFlag.CALL, header)
    if (request === undefined) return this
    void this.queue(request)
    this.isFinished = true
    return this
  }

  get isOpen(): boolean {
    return !this.#link.isOver
  }

  queue(request: Frame): Promise<void> | undefined {
    return this.#link.frames.queue(request.flags, request.payload)
  }

  finish(trailer: Frame): Promise<void> | undefined {
    this.isFinished = true
    return this.queue(trailer)
  }

  next(): Promise<Frame | undefined> {
    return new Promise((resolve, reject) => {
      this.#interrupt = () => resolve(undefined)
      this.#link.read(() => !this.#ended).then(resolve, reject)
    })
  }

  /** Leaves the frame on the link: it may turn out to belong to the cancel of this call. */
  peek(): Promise<Frame> {
    return this.#link.peek()
  }

  done(error: RpcError | undefined): void {
    // An error may have ended the session with it; so may a bidi call whose handler did not take all that was sent.
    if (error !== undefined || this.#call.method.kind === 'bidiStream') this.#link.doubt()
    this.#end()
    this.#release()
  }

  cancel(): void {
    this.#end()
    // There is nothing to withdraw from a session that is over; a frame that cannot be read ends the session.
    if (this.#link.isOver) this.#release()
    else void this.#link.cancelCall(this.#call.method, this.isFinished).then(this.#release)
  }

  #end(): void {
    this.#ended = true
    this.#interrupt?.()
  }
}

function encodeHeader(call: InterceptedCall, { format }: SessionLink): Uint8Array {
  const { keys, values } = metadataLists(call.metadata)
  return format.codec.encode(CallHeader, {
    method: call.method.wireName,
    callId: call.callId,
    deadlineEpochMs: Math.round(call.deadline ?? 0),
    metadataKeys: keys,
    metadataValues: values,
  })
}
