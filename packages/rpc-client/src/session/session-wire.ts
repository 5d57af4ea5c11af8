import type { InterceptedCall, RpcError } from '@aster/rpc-core'
import { abortSourceOf, CallHeader, type Frame, FrameFlag, runNeutral } from '@aster/rpc-core/protocol'
import { abortError, unsentError } from '../call-errors.ts'
import { metadataLists } from '../call-metadata.ts'
import { enterPhase, Phase } from '../progress.ts'
import type { Wire, WireOpener } from '../wire.ts'
import type { FrameReader, SessionLink } from './session-link.ts'

/** Returns the opener for a session, whose calls take turns on its stream. */
export function sessionOpener(link: SessionLink): WireOpener {
  return {
    format: link.format,
    peerId: link.peerId,
    async open(call, request) {
      const header = encodeHeader(call, link)
      const signal = abortSourceOf(call)
      if (signal.aborted) throw abortError(call)
      try {
        enterPhase(call, Phase.TURN)
        await link.acquire(signal)
        if (!link.isOver) return new SessionWire(call, link).begin(header, request)
        link.release()
        throw link.overError()
      } catch (error) {
        throw unsentError(error, call)
      }
    },
  }
}

/** Settles a wait for a frame. */
interface Waiter {
  readonly resolve: (frame: Frame | undefined) => void
  readonly reject: (error: RpcError) => void
}

/** A turn of one call on the stream of a session. The turn ends when no further frame of this call can arrive. */
class SessionWire implements Wire, FrameReader {
  readonly trailerFollows = false
  isFinished = false
  readonly #call: InterceptedCall
  readonly #link: SessionLink
  /** The wait that `peek` began last. */
  #peeked: Promise<Frame | undefined> | undefined
  /** The wait that has not ended. */
  #waiting: Promise<Frame | undefined> | undefined
  #waiter: Waiter | undefined
  /** Whether to take the awaited frame off the link when it arrives. */
  #isTaking = false

  constructor(call: InterceptedCall, link: SessionLink) {
    this.#call = call
    this.#link = link
  }

  begin(header: Uint8Array, request: Frame | undefined): this {
    // No wait: the call has the turn, and other calls send nothing until it is answered.
    void this.#link.frames.queue(FrameFlag.CALL, header)
    if (request === undefined) return this
    // No wait: there is no other request.
    void this.queue(request)
    this.isFinished = true
    return this
  }

  get isOpen(): boolean {
    return this.#link.isOpen
  }

  get failure(): RpcError | undefined {
    return this.#link.isOver ? this.#link.overError() : undefined
  }

  queue(request: Frame): Promise<void> | undefined {
    return this.#link.frames.queue(request.flags, request.payload)
  }

  finish(trailer: Frame): Promise<void> | undefined {
    this.isFinished = true
    return this.queue(trailer)
  }

  next(): Frame | Promise<Frame | undefined> {
    const arrived = this.#link.take()
    if (arrived !== undefined) return arrived
    this.#isTaking = true
    return this.#peeked ?? this.#waiting ?? this.#wait()
  }

  /** Leaves the frame on the link, since the cancel of this call may need it. */
  peek(): Promise<Frame | undefined> {
    this.#isTaking = false
    this.#peeked = this.#wait()
    return this.#peeked
  }

  done(error: RpcError | undefined): void {
    // A failed call may have ended the session, and so may a bidi call whose handler left requests unread.
    if (error !== undefined || this.#call.method.kind === 'bidiStream') this.#link.doubt()
    this.#end()
    this.#link.release()
  }

  cancel(): void {
    this.#end()
    // If the session is over, there is nothing to withdraw.
    if (this.#link.isOver) this.#link.release()
    else runNeutral(() => void this.#cancelOnLink())
  }

  arrive(frame: Frame): void {
    if (this.#isTaking) this.#link.take()
    this.#settle()?.resolve(frame)
  }

  fail(error: RpcError): void {
    this.#settle()?.reject(error)
  }

  #wait(): Promise<Frame | undefined> {
    this.#waiting = new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject }
    })
    this.#link.read(this)
    return this.#waiting
  }

  #settle(): Waiter | undefined {
    const waiter = this.#waiter
    this.#waiter = undefined
    this.#waiting = undefined
    return waiter
  }

  async #cancelOnLink(): Promise<void> {
    await this.#link.cancelCall(this.#call.method, this.isFinished)
    this.#link.release()
  }

  /** Ends this call's wait for a frame. */
  #end(): void {
    this.#link.leave(this)
    this.#settle()?.resolve(undefined)
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
