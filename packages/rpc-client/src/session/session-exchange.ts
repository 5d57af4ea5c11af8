import { type InterceptedCall, markUnsent, RpcError } from '@aster/rpc-core'
import {
  beforeDecoding,
  CallHeader,
  cancelledError,
  encodeMessage,
  type Frame,
  FrameFlag,
  OK_STATUS,
  onAbort,
  RpcStatus,
} from '@aster/rpc-core/protocol'
import { metadataLists } from '../call-metadata.ts'
import type { Exchange, OpenExchange } from '../exchange.ts'
import { noResponse, readResponse, readTrailer } from '../responses.ts'
import type { SessionLink } from './session-link.ts'

/** Calls of a session: one after another on its stream. */
export function callsInTurn(link: SessionLink): OpenExchange {
  return async (call, first) => {
    const { keys, values } = metadataLists(call.metadata)
    const header = link.format.codec.encode(CallHeader, {
      method: call.method.wireName,
      callId: call.callId,
      deadlineEpochMs: call.deadline ?? 0,
      metadataKeys: keys,
      metadataValues: values,
    })
    const { signal } = call
    if (signal.aborted) throw cancelledError(signal)
    try {
      const release = await link.acquire(signal)
      if (!link.isOver) return new SessionExchange(call, link, release, header, first)
      release()
      throw link.overError()
    } catch (error) {
      throw signal.aborted ? cancelledError(signal) : markUnsent(RpcError.from(error))
    }
  }
}

class SessionExchange implements Exchange {
  readonly #call: InterceptedCall
  readonly #link: SessionLink
  readonly #release: () => void
  #offAbort = (): void => {}
  #ended = false
  #finished = false
  #error: RpcError | undefined
  #onEnd: ((error: RpcError | undefined) => void) | undefined
  /** Ends the wait for a frame: the call is over, and the frame is no longer for it. */
  #interrupt: (() => void) | undefined

  constructor(
    call: InterceptedCall,
    link: SessionLink,
    release: () => void,
    header: Uint8Array,
    first: Frame | undefined,
  ) {
    this.#call = call
    this.#link = link
    this.#release = release
    void link.frames.queue(FrameFlag.CALL, header)
    if (first !== undefined) {
      void link.frames.queue(first.flags, first.payload)
      this.#finished = true
    }
    const off = onAbort(call.signal, () => this.abort(cancelledError(call.signal)))
    if (this.#ended) off()
    else this.#offAbort = off
    this.#lookAhead()
  }

  get wantsRequests(): boolean {
    return !this.#ended && !this.#finished && !this.#link.isOver
  }

  onEnd(callback: (error: RpcError | undefined) => void): void {
    if (this.#ended) callback(this.#error)
    else this.#onEnd = callback
  }

  send(request: unknown): Promise<void> | undefined {
    if (!this.wantsRequests) return undefined
    const frame = encodeMessage(this.#link.format, this.#call.method.request, request)
    return this.#link.frames.queue(frame.flags, frame.payload)
  }

  async finishRequests(): Promise<void> {
    if (!this.wantsRequests) return
    this.#finished = true
    await this.#link.frames.queue(FrameFlag.TRAILER, this.#link.format.codec.encode(RpcStatus, OK_STATUS))
  }

  async receive(): Promise<IteratorResult<unknown, undefined>> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error
      if (this.#ended) return { done: true, value: undefined }
      let frame: Frame | undefined
      try {
        frame = await this.#nextFrame()
      } catch (error) {
        throw this.#error ?? this.#end(RpcError.from(error))
      }
      if (frame === undefined || this.#ended) continue
      if ((frame.flags & FrameFlag.TRAILER) === 0) this.#lookAhead()
      if ((frame.flags & FrameFlag.ROW_SCHEMA) !== 0) continue
      try {
        if ((frame.flags & FrameFlag.TRAILER) === 0) {
          const loading = beforeDecoding(this.#link.format, frame)
          if (loading !== undefined) await loading
          return { done: false, value: readResponse(this.#link.format, this.#call, frame) }
        }
        this.#complete(readTrailer(this.#link.format, this.#call, frame.payload))
      } catch (error) {
        throw this.abort(RpcError.from(error))
      }
    }
  }

  /** The next frame of the call; `undefined` when the call is over before it comes. */
  #nextFrame(): Promise<Frame | undefined> {
    return new Promise((resolve, reject) => {
      this.#interrupt = () => resolve(undefined)
      this.#link.read(() => !this.#ended).then(resolve, reject)
    })
  }

  /**
   * Of a bidi call one frame is looked at before it is asked for: a caller that only sends must learn of the end. A session
   * of 0.1.x is over when a request follows the trailer.
   */
  #lookAhead(): void {
    if (this.#call.method.kind !== 'bidiStream' || this.#ended) return
    const look = async (): Promise<void> => {
      const frame = await this.#link.peek()
      if (!this.#ended && (frame.flags & FrameFlag.TRAILER) !== 0) await this.receive()
    }
    look().catch(() => {
      // Told by receive, to whoever sends or receives next.
      void this.receive().catch(() => {})
    })
  }

  async receiveOnly(): Promise<unknown> {
    const response = await this.receive()
    // Within a session a single response has no trailer behind it.
    if (response.done) throw noResponse(this.#call)
    // It may have been cancelledError while the response waited to be decoded: what ends it then also gives the turn away.
    if (this.#error !== undefined) throw this.#error
    this.#complete(undefined)
    return response.value
  }

  abort(error: RpcError): RpcError {
    if (this.#ended) return this.#error ?? error
    this.#settle(error)
    // The next call begins when nothing of this one can come any more.
    void this.#link.cancelCall(this.#call.method, this.#finished).then(this.#release)
    return error
  }

  #complete(error: RpcError | undefined): void {
    // An error may have ended the session with it; so may a bidi call whose handler did not take all that was sent.
    if (error !== undefined || this.#call.method.kind === 'bidiStream') this.#link.doubt()
    this.#end(error)
  }

  #end<E extends RpcError | undefined>(error: E): E {
    this.#settle(error)
    this.#release()
    return error
  }

  #settle(error: RpcError | undefined): void {
    this.#error = error
    this.#ended = true
    this.#offAbort()
    this.#interrupt?.()
    this.#onEnd?.(error)
  }
}
