import { type InterceptedCall, markUnsent, RpcError } from '@aster/rpc-core'
import {
  CallHeader,
  cancelled,
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
    if (signal.aborted) throw cancelled(signal)
    let release: () => void
    try {
      release = await link.acquire(signal)
    } catch (error) {
      throw signal.aborted ? cancelled(signal) : markUnsent(RpcError.from(error))
    }
    return new SessionExchange(call, link, release, header, first)
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
    const off = onAbort(call.signal, () => this.abort(cancelled(call.signal)))
    if (this.#ended) off()
    else this.#offAbort = off
  }

  get wantsRequests(): boolean {
    return !this.#ended && !this.#finished
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
        frame = await this.#link.read(() => !this.#ended)
      } catch (error) {
        throw this.#error ?? this.#end(RpcError.from(error))
      }
      if (frame === undefined || (frame.flags & FrameFlag.ROW_SCHEMA) !== 0) continue
      try {
        if ((frame.flags & FrameFlag.TRAILER) === 0)
          return { done: false, value: readResponse(this.#link.format, this.#call, frame) }
        this.#complete(readTrailer(this.#link.format, this.#call, frame.payload))
      } catch (error) {
        throw this.abort(RpcError.from(error))
      }
    }
  }

  async receiveOnly(): Promise<unknown> {
    const response = await this.receive()
    // Within a session a single response has no trailer behind it.
    if (response.done) throw noResponse(this.#call)
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
    // A bidi call that the producer ended first may have ended the session with it, as errors may.
    if (error !== undefined || !this.#finished) this.#link.doubt()
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
    this.#onEnd?.(error)
  }
}
