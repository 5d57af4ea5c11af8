// The conclusions from the outcome of a call: the sentences of docs/delivery.md, one by one, over memory.
import { AsterClient, isUnsent, RpcError, StatusCode } from '@aster/client'
import {
  bidiStream,
  clientStream,
  defineService,
  type HandlerContext,
  implement,
  type Interceptor,
  serverStream,
  unary,
} from '@aster/rpc-core'
import { Item, untilAborted, Watch } from '@aster/test-services'
import { MemoryNetwork } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LittleProducer } from './little-producer.ts'

const methods = {
  write: unary(Item, Item),
  read: serverStream(Item, Item),
  load: clientStream(Item, Item),
  talk: bidiStream(Item, Item),
}
const Ledger = defineService({ name: 'Ledger', methods })
const Book = defineService({ name: 'Book', scope: 'session', methods })

/** The numbers that handlers have received, and the effect of each. */
class Records {
  readonly watch = new Watch()
  readonly written: number[] = []
  /** Called in the handler after the number was recorded. */
  after: (count: number, context: HandlerContext) => unknown = () => undefined

  async write(item: Item, context: HandlerContext): Promise<Item> {
    this.written.push(item.count)
    this.watch.note(`wrote ${item.count}`)
    await this.after(item.count, context)
    return item
  }
}

const handlers = (records: Records) => ({
  write: (item: Item, context: HandlerContext) => records.write(item, context),
  async *read({ count }: Item, context: HandlerContext) {
    for (let i = 0; i < count; i++) yield records.write({ text: '', count: i }, context)
  },
  async load(items: AsyncIterable<Item>, context: HandlerContext) {
    let last: Item = { text: '', count: -1 }
    try {
      for await (const item of items) last = await records.write(item, context)
      records.watch.note('loaded')
      return last
    } catch (error) {
      records.watch.note(`load ended: ${RpcError.from(error).codeName}`)
      throw error
    }
  },
  async *talk(items: AsyncIterable<Item>, context: HandlerContext) {
    for await (const item of items) yield records.write(item, context)
  },
})

let producer: LittleProducer
let client: AsterClient
let records: Records
let interceptors: Interceptor[]

beforeEach(async () => {
  records = new Records()
  interceptors = []
  const services = [implement(Ledger, handlers(records)), implement(Book, () => handlers(records))]
  const guard: Interceptor = (call, next) =>
    interceptors.reduceRight<typeof next>((inner, one) => (c) => one(c, inner), next)(call)
  producer = new LittleProducer(new MemoryNetwork(), { services, interceptors: [guard] })
  client = new AsterClient({ ...producer.clientOptions, connectTimeoutMs: 500 })
  await client.connect()
})
afterEach(() => client.close())

const lose = (): void => producer.drop(7, 'for a test')
const outcome = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'OK',
    (error: unknown) => error,
  )

/** Functions that open a caller of the shared service, and one of a session. */
const callers = {
  'a shared service': () => client.client(Ledger),
  'a session': () => client.session(Book),
}

describe.each(Object.entries(callers))('a unary call of %s', (_kind, open) => {
  it('that succeeds has run once', async () => {
    const ledger = await open()
    for (let count = 0; count < 20; count++) expect(await ledger.write({ count })).toEqual({ text: '', count })
    expect(records.written).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })

  it('whose handler throws has run once, and its effects remain', async () => {
    const ledger = await open()
    records.after = () => {
      throw new RpcError(StatusCode.ABORTED, 'after the record')
    }
    const error = await outcome(ledger.write({ count: 1 }))
    expect(error).toMatchObject({ code: StatusCode.ABORTED, message: 'after the record' })
    expect(isUnsent(error)).toBe(false)
    expect(records.written).toEqual([1])
  })

  it('whose connection is lost is not sent again, whether its handler has finished or not', async () => {
    const ledger = await open()
    records.after = lose
    const error = await outcome(ledger.write({ count: 1 }))
    expect(error).toMatchObject({ code: StatusCode.UNAVAILABLE })
    expect(isUnsent(error)).toBe(false)
    records.after = () => undefined
    // The next call, or the next session, dials a new connection by itself.
    await (await open()).write({ count: 2 })
    expect(records.written).toEqual([1, 2])
  })

  it.each(['DEADLINE_EXCEEDED', 'CANCELLED'])('that ends with %s may have run', async (name) => {
    const ledger = await open()
    const caller = new AbortController()
    records.after = () => new Promise(() => {})
    const options = name === 'CANCELLED' ? { signal: caller.signal } : { timeoutMs: 1_000 }
    const error = outcome(ledger.write({ count: 1 }, options))
    await records.watch.saw('wrote 1')
    caller.abort()
    expect(await error).toMatchObject({ codeName: name })
    expect(isUnsent(await error)).toBe(false)
    expect(records.written).toEqual([1])
  })

  it('that is refused before its handler has not run, although its status does not prove this', async () => {
    interceptors = [() => Promise.reject(new RpcError(StatusCode.RESOURCE_EXHAUSTED, 'too many'))]
    const ledger = await open()
    const error = await outcome(ledger.write({ count: 1 }))
    expect(error).toMatchObject({ code: StatusCode.RESOURCE_EXHAUSTED })
    expect(isUnsent(error)).toBe(false)
    expect(records.written).toEqual([])
  })
})

it('a call without a connection is unsent', async () => {
  const ledger = await client.client(Ledger)
  await ledger.write({ count: 1 })
  await producer.stop()
  lose()
  const error = await outcome(ledger.write({ count: 2 }))
  expect(error).toMatchObject({ code: StatusCode.UNAVAILABLE })
  expect(isUnsent(error)).toBe(true)
  expect(records.written).toEqual([1])
})

describe.each(Object.entries(callers))('a stream of %s', (_kind, open) => {
  it('of responses that fails has returned the first of them, in order, without a gap', async () => {
    const ledger = await open()
    records.after = (count) => {
      if (count === 5) lose()
    }
    const got: number[] = []
    const error = await outcome(
      (async () => {
        for await (const { count } of ledger.read({ count: 10 })) got.push(count)
      })(),
    )
    expect(error).toMatchObject({ code: StatusCode.UNAVAILABLE })
    expect(got).toEqual(Array.from({ length: got.length }, (_, i) => i))
    expect(got.length).toBeLessThanOrEqual(5)
  })

  it('of responses that ends without an error was complete', async () => {
    const ledger = await open()
    const got: number[] = []
    for await (const { count } of ledger.read({ count: 100 })) got.push(count)
    expect(got).toEqual(Array.from({ length: 100 }, (_, i) => i))
  })

  it('of requests that succeeds was read to its end, each request once', async () => {
    const ledger = await open()
    const requests = Array.from({ length: 100 }, (_, count) => ({ count }))
    expect(await ledger.load(requests)).toEqual({ text: '', count: 99 })
    expect(records.written).toEqual(requests.map(({ count }) => count))
  })

  it('of requests that fails may have been read in part, never past a gap', async () => {
    const ledger = await open()
    records.after = (count) => {
      if (count === 3) lose()
    }
    const error = await outcome(ledger.load(Array.from({ length: 10 }, (_, count) => ({ count }))))
    expect(error).toMatchObject({ code: StatusCode.UNAVAILABLE })
    expect(records.written).toEqual(Array.from({ length: records.written.length }, (_, i) => i))
    // The handler must not mistake it for a shorter, complete stream.
    await records.watch.saw('load ended: CANCELLED')
    expect(records.watch.count('loaded')).toBe(0)
  })

  it('of requests whose caller cancels is not complete for its handler', async () => {
    const ledger = await open()
    const caller = new AbortController()
    const endless = async function* () {
      yield { count: 0 }
      await untilAborted(caller.signal)
    }
    const error = outcome(ledger.load(endless(), { signal: caller.signal }))
    await records.watch.saw('wrote 0')
    caller.abort()
    expect(await error).toMatchObject({ code: StatusCode.CANCELLED })
    await records.watch.saw('load ended: CANCELLED')
    expect(records.watch.count('loaded')).toBe(0)
  })

  it('of both: a send that resolves has not been handled yet', async () => {
    const ledger = await open()
    records.after = lose
    const chat = ledger.talk()
    const ended = outcome(chat.recv())
    await chat.send({ count: 1 }).catch(() => {})
    await chat.send({ count: 2 }).catch(() => {})
    expect(await ended).toMatchObject({ code: StatusCode.UNAVAILABLE })
    expect(records.written).toEqual([1])
  })
})

describe('a session', () => {
  it('runs its calls one after another, in the order in which they were made', async () => {
    await using book = await client.session(Book)
    records.after = () => Promise.resolve()
    await Promise.all(Array.from({ length: 20 }, (_, count) => book.write({ count })))
    expect(records.written).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })

  it('that is lost fails all of its calls, and is not opened again', async () => {
    await using book = await client.session(Book)
    records.after = lose
    const calls = [1, 2, 3].map((count) => outcome(book.write({ count })))
    const errors = await Promise.all(calls)
    expect(errors).toEqual(Array.from({ length: 3 }, () => expect.objectContaining({ code: StatusCode.UNAVAILABLE })))
    // The calls after the first were not sent.
    expect(errors.map(isUnsent)).toEqual([false, true, true])
    const later = await outcome(book.write({ count: 4 }))
    expect(later).toMatchObject({ code: StatusCode.UNAVAILABLE })
    expect(isUnsent(later)).toBe(true)
    expect(records.written).toEqual([1])
  })
})
