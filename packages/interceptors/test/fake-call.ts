import {
  bidiStream,
  clientStream,
  defineService,
  type InterceptedCall,
  type Interceptor,
  type Next,
  RpcError,
  serverStream,
  StatusCode,
  t,
  unary,
} from '@aster/rpc-core'
import { isErrorLike } from '@aster/rpc-core/schema'

const Item = t.struct('test/Item', { text: t.string })

const Service = defineService({
  name: 'Test',
  methods: {
    one: unary(Item, Item),
    again: unary(Item, Item, { idempotent: true }),
    many: serverStream(Item, Item),
    manyAgain: serverStream(Item, Item, { idempotent: true }),
    upload: clientStream(Item, Item, { idempotent: true }),
    chat: bidiStream(Item, Item, { idempotent: true }),
  },
})

/** Returns a call as an interceptor receives it. */
export function fakeCall(
  method: keyof typeof Service.methods,
  changes: Partial<InterceptedCall> = {},
): InterceptedCall {
  return {
    side: 'client',
    service: Service,
    method: Service.methods[method],
    callId: 'call-1',
    peer: { id: '', attributes: {} },
    request: { text: 'request' },
    metadata: {},
    deadline: undefined,
    signal: new AbortController().signal,
    ...changes,
  }
}

export const unavailable = (message = 'gone'): RpcError => new RpcError(StatusCode.UNAVAILABLE, message)

/** Returns a `next` that does these steps one after another, and records the calls that it receives. */
export function nextOf(...outcomes: readonly unknown[]): Next & { readonly calls: InterceptedCall[] } {
  const calls: InterceptedCall[] = []
  const next: Next = async (call) => {
    calls.push(call)
    const outcome = outcomes[Math.min(calls.length, outcomes.length) - 1]
    if (isErrorLike(outcome)) throw outcome
    return typeof outcome === 'function' ? (outcome as Next)(call) : outcome
  }
  return Object.assign(next, { calls })
}

/** A signal that counts its listeners. */
export function watchedSignal(): { controller: AbortController; signal: AbortSignal; listeners: () => number } {
  const controller = new AbortController()
  const { signal } = controller
  const all = new Set<unknown>()
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
  signal.addEventListener = (type: string, listener: EventListener, options?: AddEventListenerOptions) => {
    all.add(listener)
    add(type, listener, options)
  }
  signal.removeEventListener = (type: string, listener: EventListener) => {
    all.delete(listener)
    remove(type, listener)
  }
  add('abort', () => all.clear())
  return { controller, signal, listeners: () => all.size }
}

/** Responses that the test supplies; `events` records the calls of the iterator's methods. */
export class FakeStream implements AsyncIterableIterator<unknown, undefined> {
  readonly events: string[] = []
  #waiting: ((step: IteratorResult<unknown, undefined>) => void) | undefined
  #fail: ((error: unknown) => void) | undefined
  #left = (): void => {}
  readonly left = new Promise<void>((resolve) => (this.#left = resolve))

  next(): Promise<IteratorResult<unknown, undefined>> {
    this.events.push('next')
    return new Promise((resolve, reject) => {
      this.#waiting = resolve
      this.#fail = reject
    })
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
    this.events.push('return')
    this.#left()
    this.#waiting?.({ done: true, value: undefined })
    return { done: true, value: undefined }
  }

  async throw(error: unknown): Promise<never> {
    this.events.push('throw')
    this.#left()
    throw error
  }

  give(value: unknown): void {
    this.#waiting?.({ done: false, value })
  }

  end(): void {
    this.#waiting?.({ done: true, value: undefined })
  }

  fail(error: unknown): void {
    this.#fail?.(error)
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

export async function* streamOf(...items: readonly unknown[]): AsyncGenerator<unknown, undefined> {
  for (const item of items) {
    if (isErrorLike(item)) throw item
    yield item
  }
  return undefined
}

export async function collect(stream: unknown): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const item of stream as AsyncIterable<unknown>) all.push(item)
  return all
}

/** Runs an interceptor and returns the iterator of its responses. */
export async function openStream(
  interceptor: Interceptor,
  call: InterceptedCall,
  next: Next,
): Promise<AsyncIterator<unknown, undefined>> {
  return ((await interceptor(call, next)) as AsyncIterable<unknown, undefined>)[Symbol.asyncIterator]()
}

/** A promise that the test settles. */
export function deferred(): {
  promise: Promise<unknown>
  resolve: (value?: unknown) => void
  reject: (error: unknown) => void
} {
  const out: Partial<ReturnType<typeof deferred>> = {}
  const promise = new Promise<unknown>((resolve, reject) => Object.assign(out, { resolve, reject }))
  return Object.assign(out as ReturnType<typeof deferred>, { promise })
}
