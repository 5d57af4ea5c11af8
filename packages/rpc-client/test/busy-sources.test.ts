// Handlers and sources of requests that compute between their messages, and never wait.
import { ForyCodec } from '@aster/codec-fory'
import { clientStream, defineService, implement, RpcError, serverStream, StatusCode, t } from '@aster/rpc-core'
import { createClient, openSession } from '@aster/rpc-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ServedPair, servePair, transports } from './served-pair.ts'

const Item = t.struct('tests/Item', { n: t.int })
const methods = { down: serverStream(Item, Item), up: clientStream(Item, Item) }
const Busy = defineService({ name: 'Busy', methods })
const BusySession = defineService({ name: 'BusySession', scope: 'session', methods })

/** Longer than a loop over messages may work before the event loop turns. */
const WORK_MS = 12

/** Yields items with work before each of them. `turns` receives the turns of the event loop that have passed at each item. */
class Source {
  readonly turns: number[] = []
  hasEnded = false
  #count = 0
  #next = setImmediate(() => this.#tick())

  async *items(count: number): AsyncGenerator<{ n: number }> {
    try {
      for (let n = 0; n < count; n++) {
        const end = performance.now() + WORK_MS
        while (performance.now() < end);
        this.turns.push(this.#count)
        yield { n }
      }
    } finally {
      this.hasEnded = true
    }
  }

  stop(): void {
    clearImmediate(this.#next)
  }

  #tick(): void {
    this.#count++
    this.#next = setImmediate(() => this.#tick())
  }
}

describe.each(transports)('over %s', (over) => {
  let source: Source
  let pair: ServedPair
  const handlers = {
    down: ({ n }: { n: number }) => source.items(n),
    async up(requests: AsyncIterable<{ n: number }>) {
      let n = 0
      for await (const _ of requests) n++
      return { n }
    },
  }

  beforeEach(async () => {
    source = new Source()
    const services = [implement(Busy, handlers), implement(BusySession, () => handlers)]
    pair = await servePair(over, { services, codecs: [new ForyCodec()] })
  })
  afterEach(async () => {
    source.stop()
    await pair.close()
  })

  describe.each(['shared service', 'session'])('of a %s', (scope) => {
    const open = async () => {
      const options = { connection: pair.client, codec: new ForyCodec() }
      return scope === 'session' ? openSession(BusySession, options) : createClient(Busy, options)
    }
    const expectTurns = (): void => {
      expect(source.turns).toHaveLength(4)
      expect(new Set(source.turns).size).toBe(4)
    }

    it('the event loop turns between the responses of a handler', async () => {
      const calls = await open()
      for await (const _ of calls.down({ n: 4 }));
      expectTurns()
    })

    it('the event loop turns between requests', async () => {
      const calls = await open()
      await expect(calls.up(source.items(4))).resolves.toEqual({ n: 4 })
      expectTurns()
    })

    it('a handler whose call is cancelled ends with its next response', async () => {
      const calls = await open()
      const controller = new AbortController()
      const read = async (): Promise<void> => {
        for await (const _ of calls.down({ n: 1_000 }, { signal: controller.signal })) controller.abort()
      }
      const error = await read().catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(RpcError)
      expect(error).toMatchObject({ code: StatusCode.CANCELLED })
      await expect.poll(() => source.hasEnded).toBe(true)
      expect(source.turns.length).toBeLessThan(1_000)
    })
  })
})
