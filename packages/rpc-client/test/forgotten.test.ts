// A call is cancelled if its responses can no longer be reached, and goes on if they can.
import { JsonCodec } from '@aster/codec-json'
import { type Client, type ClientOptions, createClient, openSession } from '@aster/rpc-client'
import type { Logger } from '@aster/rpc-core'
import { serveConnection } from '@aster/rpc-server'
import { Held, HeldSession, Hold } from '@aster/test-services'
import { memoryPair } from '@aster/transport-memory'
import { describe, expect, it } from 'vitest'
import { collectGarbage } from './collect-garbage.ts'

type Calls = Client<typeof Held>

const codec = new JsonCodec()

interface Started {
  readonly next: () => Promise<unknown>
}

/** Calls with one response so far, whose handler waits. Only the returned object refers to the responses. */
const starts: Record<string, (calls: Calls) => Promise<Started>> = {
  async 'a server stream'(calls) {
    const stream = calls.server({})
    await stream.next()
    return { next: () => stream.next() }
  },
  async 'a server stream with a deadline'(calls) {
    const stream = calls.server({}, { timeoutMs: 600_000 })
    await stream.next()
    return { next: () => stream.next() }
  },
  async 'a loop over a server stream'(calls) {
    const iterator = (async function* () {
      yield* calls.server({})
    })()
    await iterator.next()
    return { next: () => iterator.next() }
  },
  async 'a channel'(calls) {
    const channel = calls.bidi()
    await channel.send({})
    await channel.recv()
    return {
      next() {
        channel.finish()
        return channel.recv()
      },
    }
  },
  async 'a loop over a channel'(calls) {
    const channel = calls.bidi({ signal: new AbortController().signal })
    void channel.send({})
    const iterator = channel[Symbol.asyncIterator]()
    await iterator.next()
    return {
      next() {
        channel.finish()
        return iterator.next()
      },
    }
  },
}

interface World {
  readonly hold: Hold
  readonly calls: Calls
  readonly lines: unknown[]
}

async function worldOf(scope: string, given: Partial<ClientOptions>): Promise<World> {
  const hold = new Hold()
  const lines: unknown[] = []
  const logger: Logger = { debug() {}, info() {}, warn: (...line) => void lines.push(line), error() {} }
  const [connection, producer] = memoryPair()
  serveConnection(producer, { services: hold.services, codecs: [codec] })
  const options = { connection, codec, logger, ...given }
  const calls: Calls = scope === 'session' ? await openSession(HeldSession, options) : createClient(Held, options)
  return { hold, calls, lines }
}

describe.each(['shared service', 'session'])('of a %s', (scope) => {
  describe.each([
    ['without interceptors', {}],
    ['behind an interceptor', { interceptors: [async (call, next) => next(call)] }],
  ] satisfies [string, Partial<ClientOptions>][])('%s', (_with, given) => {
    it.each(Object.entries(starts))('%s that is forgotten is cancelled', async (_name, start) => {
      const { hold, calls, lines } = await worldOf(scope, given)
      await start(calls)
      while (hold.count('ended') === 0) await collectGarbage()
      const method = expect.stringMatching(/^Held(?:Session)?\.(?:server|bidi)$/)
      const text = expect.stringMatching(
        /^the responses of \S+ were forgotten before their end: the call is cancelled$/,
      )
      expect(lines).toEqual([[{ method }, text]])
      // The stream of the call is free again.
      expect(await calls.ping({ text: 'next' })).toMatchObject({ text: 'next' })
    })

    it.each(Object.entries(starts))('%s that is kept goes on', async (_name, start) => {
      const { hold, calls, lines } = await worldOf(scope, given)
      const { next } = await start(calls)
      for (let i = 0; i < 3; i++) await collectGarbage()
      expect(hold.count('ended')).toBe(0)
      const waiting = next()
      for (let i = 0; i < 3; i++) await collectGarbage()
      hold.go()
      await waiting
      expect(lines).toEqual([])
    })
  })

  it('a channel that is forgotten while its sends wait is cancelled', async () => {
    const { calls, lines } = await worldOf(scope, {})
    const send = async (): Promise<void> => {
      const channel = calls.bidi()
      for (let i = 0; i < 10; i++) void channel.send({ text: 'x'.repeat(2 ** 20) })
      await channel.recv()
    }
    await send()
    while (lines.length === 0) await collectGarbage()
    expect(lines).toHaveLength(1)
  })

  it('a call that has ended is not logged', async () => {
    const { hold, calls, lines } = await worldOf(scope, {})
    const ended = async (): Promise<void> => {
      for await (const item of calls.server({})) if (item.count === 0) break
      const channel = calls.bidi()
      channel.cancel()
      hold.go()
      const other = calls.bidi()
      await other.send({})
      other.finish()
      await other.recv()
      expect(await other.recv()).toBeUndefined()
    }
    await ended()
    for (let i = 0; i < 3; i++) await collectGarbage()
    expect(lines).toEqual([])
  })
})
