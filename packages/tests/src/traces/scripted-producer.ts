import type { Connection } from '@aster/rpc-core'
import { CallHeader, type Frame, FrameFlag, FrameStream, RpcStatus } from '@aster/rpc-core/protocol'
import { frameOf, type Makers } from './frames-of-trace.ts'
import type { Conversation, Step } from './trace.ts'
import { codecs, type Transcript } from './transcript.ts'

/** Sends the frames of the recorded producer, each as soon as the consumer has sent the frames before it. */
export class ScriptedProducer {
  readonly #steps: readonly Step[]
  readonly #mode: Conversation['mode']
  readonly #makers: Makers
  readonly #frames: Frame[] = []
  #end: Transcript['end'] = 'nothing'
  /** The number of CALLs with which the consumer makes sure that nothing of a cancelled call is left. */
  #flushes = 0
  #cancel: () => void = () => {}
  /** Resolves at the point at which the recorded consumer cancelled. */
  readonly cancelled: Promise<void>
  /** Resolves with the consumer's side of the stream when it or the connection has ended. */
  readonly done: Promise<Transcript>

  constructor(connection: Connection, steps: readonly Step[], mode: Conversation['mode'], makers: Makers) {
    this.#steps = steps
    this.#mode = mode
    this.#makers = makers
    this.cancelled = new Promise((resolve) => (this.#cancel = resolve))
    this.done = this.#run(connection)
  }

  async #run(connection: Connection): Promise<Transcript> {
    for await (const stream of connection.incomingStreams()) {
      this.#end = undefined
      await this.#play(new FrameStream(stream))
      break
    }
    return { frames: this.#frames, end: this.#end }
  }

  async #play(stream: FrameStream): Promise<void> {
    for (const step of this.#steps) {
      if (this.#end !== undefined) return
      if (isCancel(step)) this.#cancel()
      if (step.dir === 'c>s') await this.#expect(stream, step)
      else if (step.dir === 's>c') await this.#say(stream, step)
      else if (step.dir === 's:end') void stream.finish()
    }
    while (this.#end === undefined) await this.#read(stream)
  }

  async #say(stream: FrameStream, step: Step): Promise<void> {
    const { flags, payload } = frameOf(step, this.#mode, this.#makers)
    for (let i = 0; i < (step.times ?? 1); i++) await stream.queue(flags, payload)
  }

  /** Reads the frames of a step, and answers the CALLs and CANCELs that our client sends in addition to the recorded ones. */
  async #expect(stream: FrameStream, { flags = 0, times = 1 }: Step): Promise<void> {
    for (let left = times; left > 0;) {
      const frame = await this.#read(stream)
      if (frame === undefined) return
      if (isFlush(frame, this.#mode)) this.#flushes++
      else if (frame.flags === FrameFlag.CANCEL && flags !== FrameFlag.CANCEL) this.#answerCancel(stream)
      else left--
    }
  }

  #answerCancel(stream: FrameStream): void {
    if (this.#flushes > 0) this.#status(stream, 9, 'CALL frame before request')
    this.#flushes = 0
    this.#status(stream, 1, 'cancelled')
  }

  #status(stream: FrameStream, code: number, message: string): void {
    // No wait: frames are answered one at a time.
    void stream.queue(FrameFlag.TRAILER, codecs[this.#mode].encode(RpcStatus, { code, message }))
  }

  async #read(stream: FrameStream): Promise<Frame | undefined> {
    try {
      const frame = await stream.read()
      if (frame === undefined) this.#end = 'finished'
      else this.#frames.push({ flags: frame.flags, payload: frame.payload.slice() })
      return frame
    } catch {
      this.#end = 'reset'
      return undefined
    }
  }
}

const isCancel = ({ dir, flags }: Step): boolean => dir === 'c:stop' || (dir === 'c>s' && flags === FrameFlag.CANCEL)

function isFlush({ flags, payload }: Frame, mode: Conversation['mode']): boolean {
  return flags === FrameFlag.CALL && codecs[mode].decode(CallHeader, payload).callId === 'flush'
}
