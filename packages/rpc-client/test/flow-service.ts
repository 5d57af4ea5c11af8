import { bidiStream, clientStream, defineService, implement, serverStream, t } from '@aster/rpc-core'
import { Watch } from '@aster/test-services'

/** Asks for `count` messages of `size` bytes each. */
const Load = t.struct('tests/Load', { size: t.int, count: t.int })
const Chunk = t.struct('tests/Chunk', { data: t.bytes })
const Sum = t.struct('tests/Sum', { messages: t.int, bytes: t.int })

const methods = {
  down: serverStream(Load, Chunk),
  up: clientStream(Chunk, Sum),
  both: bidiStream(Chunk, Chunk),
}

export const FlowService = defineService({ name: 'Flow', methods })
export const FlowSession = defineService({ name: 'FlowSession', scope: 'session', methods })

/** How far the handlers got. */
export class Flow extends Watch {
  /** The number of responses that the server has taken from `down` and `both`. */
  given = 0
  /** The number of requests that `up` and `both` have taken. */
  taken = 0
  /** `up` and `both` take their next message when this resolves. */
  gate: Promise<void> = Promise.resolve()
}

export const flowServices = (flow: Flow) => [
  implement(FlowService, handlers(flow)),
  implement(FlowSession, () => handlers(flow)),
]

const handlers = (flow: Flow) => ({
  async *down({ size, count }: { size: number; count: number }) {
    try {
      for (flow.given = 0; flow.given < count;) {
        flow.given++
        yield { data: new Uint8Array(size) }
      }
    } finally {
      flow.note('down ended')
    }
  },
  async up(chunks: AsyncIterable<{ data: Uint8Array }>) {
    let bytes = 0
    await flow.gate
    for await (const { data } of chunks) {
      flow.taken++
      bytes += data.length
      await flow.gate
    }
    return { messages: flow.taken, bytes }
  },
  async *both(chunks: AsyncIterable<{ data: Uint8Array }>) {
    await flow.gate
    for await (const chunk of chunks) {
      flow.taken++
      yield chunk
      flow.given++
      await flow.gate
    }
  },
})
