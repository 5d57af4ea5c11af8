import { contractId } from '@aster/contract'
import { createClient } from '@aster/rpc-client'
import { type ByteStream, type Codec, type Connection, defineService, type ReadWaiter, t, unary } from '@aster/rpc-core'
import { encodeFrames, FrameFlag, OK_STATUS, RPC_ALPN, RpcStatus, runNeutral, runSoon } from '@aster/rpc-core/protocol'

let isWarm = false

/**
 * Makes one call per process that does not reach the network, in small steps, while a client waits for the network. The engine
 * compiles a function when it first runs, which takes 10 ms for the functions of a call; the first real call need not wait then.
 */
export function warmUp(codec: Codec): void {
  if (isWarm) return
  isWarm = true
  runNeutral(() => runSteps(stepsOf(codec)))
}

/** Runs one step in each turn of the event loop, so that network events are handled in between. */
function runSteps(steps: Iterator<unknown, unknown>): void {
  runSoon(() => {
    try {
      if (steps.next().done !== true) runSteps(steps)
    } catch {
      // Ignored, because the first real call reports the same failure.
    }
  })
}

function* stepsOf(codec: Codec): Generator<void> {
  const Message = t.struct('aster/WarmUp', { text: t.string })
  const Service = defineService({ name: 'WarmUp', methods: { call: unary(Message, Message) } })
  const payload = codec.encode(Message, { text: '' })
  yield
  const trailer = codec.encode(RpcStatus, OK_STATUS)
  codec.decode(RpcStatus, trailer)
  yield
  contractId(Service)
  yield
  const answer = encodeFrames({ flags: 0, payload }, { flags: FrameFlag.TRAILER, payload: trailer })
  const client = createClient(Service, { connection: nowhere(answer), codec })
  client.call({ text: '' }).catch(() => {})
}

/** Returns a connection whose streams answer when the request is complete. */
function nowhere(answer: Uint8Array): Connection {
  return {
    remoteId: '',
    alpn: RPC_ALPN,
    openStream: async () => new AnsweredStream(answer),
    tryOpenStream: () => new AnsweredStream(answer),
    async *incomingStreams() {},
    close() {},
    closed: new Promise(() => {}),
  }
}

class AnsweredStream implements ByteStream {
  #answer: Uint8Array | undefined
  #isAsked = false
  #waiter: ReadWaiter | undefined

  constructor(answer: Uint8Array) {
    this.#answer = answer
  }

  tryRead(waiter: ReadWaiter): Uint8Array | null | undefined {
    this.#waiter = waiter
    if (!this.#isAsked) return undefined
    const answer = this.#answer ?? null
    this.#answer = undefined
    return answer
  }

  async read(): Promise<Uint8Array | undefined> {
    return undefined
  }

  tryWrite(): boolean {
    runSoon(() => this.#ask())
    return true
  }

  async write(): Promise<void> {
    this.tryWrite()
  }

  async finish(): Promise<void> {}

  reset(): void {}

  stop(): void {}

  #ask(): void {
    if (this.#isAsked) return
    this.#isAsked = true
    this.#waiter?.onReadable()
  }
}
