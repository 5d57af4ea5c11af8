// Stores of AsyncLocalStorage: a handler sees only its own, and each store is released when its call has ended.
import { AsyncLocalStorage } from 'node:async_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { implement, type Interceptor, type MethodKind, StatusCode } from '@aster/rpc-core'
import { FrameFlag } from '@aster/rpc-core/protocol'
import { type ServedConnection, serveConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { describe, expect, it } from 'vitest'
import {
  type Handler,
  InSession,
  isStreamed,
  kinds,
  Pair,
  patterns,
  recordedLog,
  type Scope,
  servicesOf,
} from './patterns.ts'
import { json } from './raw-frames.ts'

interface Store {
  readonly name: string
}
const storage = new AsyncLocalStorage<Store>()
const item = { text: 'one', count: 1 }

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Returns whether the garbage collector collects the objects behind the references. */
async function areCollected(refs: readonly WeakRef<object>[]): Promise<boolean> {
  for (let round = 0; round < 10; round++) {
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    if (refs.every((ref) => ref.deref() === undefined)) return true
  }
  return false
}

/** Makes a call inside a store of its own. */
const callAs = (name: string, pair: Pair, kind: MethodKind, scope: Scope) =>
  storage.run({ name }, () => pair.call(kind, scope))

/** Returns a handler that calls `note` in all of its parts. */
function handlerOf(kind: MethodKind, note: () => void): Handler {
  const readAll = async (requests: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of requests) note()
  }
  const takesStream = kind === 'clientStream' || kind === 'bidiStream'
  if (isStreamed(kind)) {
    return async function* (request) {
      note()
      yield item
      note()
      if (takesStream) await readAll(request)
      await new Promise((resolve) => setImmediate(resolve))
      note()
    }
  }
  return async (request) => {
    note()
    if (takesStream) await readAll(request)
    await new Promise((resolve) => setImmediate(resolve))
    note()
    return item
  }
}

describe.each(patterns)('the stores of others: %s, %s', (kind, scope) => {
  it('are not seen by a handler, an interceptor or a listener of the signal', async () => {
    const seen = new Set<unknown>()
    const note = (): void => void seen.add(storage.getStore())
    const handle = handlerOf(kind, note)
    const interceptor: Interceptor = async (call, next) => {
      note()
      const response = await next(call)
      note()
      return response
    }
    const handler: Handler = (request, context) => {
      context.signal.addEventListener('abort', note)
      return handle(request, context)
    }
    const pair = storage.run({ name: 'server' }, () => new Pair(handler, { interceptors: [interceptor] }))
    for (const name of ['ann', 'bob']) {
      const { responses } = await callAs(name, pair, kind, scope)
      expect(responses).toEqual([item])
    }
    await storage.run({ name: 'closer' }, () => pair.close())
    expect([...seen]).toEqual([undefined])
  })

  it('are not seen by a listener to a cancellation, a close or a loss', async () => {
    const seen: unknown[] = []
    const handler: Handler = (_request, { signal }) =>
      new Promise(() => {
        signal.addEventListener('abort', () => seen.push(storage.getStore()))
      })
    const ends: ((pair: Pair, frames: Awaited<ReturnType<Pair['start']>>) => unknown)[] = [
      (_pair, frames) =>
        scope === 'shared' ? frames.abort(StatusCode.CANCELLED) : frames.queue(FrameFlag.CANCEL, new Uint8Array(0)),
      ({ served }) => served.close(),
      ({ connection }) => connection.drop(),
    ]
    for (const end of ends) {
      const pair = storage.run({ name: 'server' }, () => new Pair(handler))
      const frames = await storage.run({ name: 'caller' }, () => pair.start(kind, scope))
      await new Promise((resolve) => setImmediate(resolve))
      await storage.run({ name: 'ender' }, () => end(pair, frames))
      await storage.run({ name: 'closer' }, () => pair.close())
    }
    expect(seen).toEqual(ends.map(() => undefined))
  })

  it('do not come from the call before, even if that entered one', async () => {
    const seen: unknown[] = []
    let calls = 0
    const handle = handlerOf(kind, () => {})
    const handler: Handler = (request, context) => {
      seen.push(storage.getStore())
      storage.enterWith({ name: `call ${++calls}` })
      return handle(request, context)
    }
    const entering = handlerOf(kind, () => {
      seen.push(storage.getStore()?.name.startsWith('own') === true ? undefined : storage.getStore())
      storage.enterWith({ name: `own ${++calls}` })
    })
    for (const one of [handler, entering]) {
      const pair = new Pair(one)
      for (let i = 0; i < 3; i++) await pair.call(kind, scope)
      await pair.close()
    }
    expect(new Set(seen)).toEqual(new Set([undefined]))
  })
})

describe.each(patterns)('the store of a call: %s, %s', (kind, scope) => {
  const enter: Record<string, (store: Store, handle: () => unknown) => unknown> = {
    run: (store, handle) => storage.run(store, handle),
    enterWith(store, handle) {
      storage.enterWith(store)
      return handle()
    },
  }

  it.each(Object.keys(enter))('is collected when the call has ended, on an open connection: %s', async (way) => {
    const refs: WeakRef<Store>[] = []
    const note = (): void => {
      const store = storage.getStore()
      if (store !== undefined) refs.push(new WeakRef(store))
    }
    const handle = handlerOf(kind, note)
    const handler: Handler = (request, context) => {
      const store = { name: 'call' }
      refs.push(new WeakRef(store))
      return enter[way]?.(store, () => handle(request, context))
    }
    const pair = new Pair(handler)
    for (let i = 0; i < 3; i++) expect((await pair.call(kind, scope)).responses).toEqual([item])
    expect(refs.length).toBeGreaterThanOrEqual(3)
    expect(await areCollected(refs)).toBe(true)
    await pair.close()
  })
})

it('the store of the caller of serveConnection is collected while the connection is open', async () => {
  const refs: WeakRef<Store>[] = []
  const [consumer, producer] = memoryPair()
  const serve = (): ServedConnection => {
    const store = { name: 'server' }
    refs.push(new WeakRef(store))
    return storage.run(store, () =>
      serveConnection(producer, { services: servicesOf(() => item), codecs: [json], logger: recordedLog().logger }),
    )
  }
  const served = serve()
  expect(await areCollected(refs)).toBe(true)
  consumer.close()
  await served.done
})

it('a session is opened and disposed of outside all stores', async () => {
  const seen: unknown[] = []
  const note = (): void => void seen.push(storage.getStore())
  const handlers = Object.fromEntries(kinds.map((kind) => [kind, () => item])) as never
  const service = implement(InSession, () => {
    note()
    storage.enterWith({ name: 'the opener' })
    return Object.assign(Object.create(handlers) as typeof handlers, { [Symbol.asyncDispose]: async () => note() })
  })
  const pair = storage.run({ name: 'server' }, () => new Pair(() => item, { services: [service] }))
  await callAs('ann', pair, 'unary', 'session')
  await storage.run({ name: 'closer' }, () => pair.close())
  expect(seen).toEqual([undefined, undefined])
})
