import {
  bidiStream,
  clientStream,
  defineService,
  implement,
  RpcError,
  serverStream,
  StatusCode,
  t,
  unary,
} from '@aster/rpc-core'

export const Item = t.struct('tests/Item', { text: t.string, count: t.int })
export type Item = t.Infer<typeof Item>

export const EchoService = defineService({
  name: 'Echo',
  methods: {
    echo: unary(Item, Item),
    fail: unary(Item, Item),
    wait: unary(Item, Item),
    badResponse: unary(Item, Item),
    countUp: serverStream(Item, Item),
    endless: serverStream(Item, Item),
    addUp: clientStream(Item, Item),
    chat: bidiStream(Item, Item),
    talk: bidiStream(Item, Item),
    talkBriefly: bidiStream(Item, Item),
  },
})

/** What the handlers went through, for tests that look from the other side. */
export class Watch {
  readonly events: string[] = []
  #waiting: { event: string; resolve: () => void }[] = []

  note(event: string): void {
    this.events.push(event)
    this.#waiting = this.#waiting.filter((one) => {
      if (one.event !== event) return true
      one.resolve()
      return false
    })
  }

  /** Resolves when the event has been noted. */
  saw(event: string): Promise<void> {
    if (this.events.includes(event)) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ event, resolve }))
  }
}

export function echoService(watch = new Watch()) {
  const onAbort = (signal: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => {
      if (signal.aborted) reject(signal.reason as Error)
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
  return implement(EchoService, {
    echo: (item) => item,
    fail: ({ text, count }) => {
      if (text === 'crash') throw new Error('the secret of the handler')
      throw new RpcError(count, text, { details: { why: 'because' } })
    },
    async wait(_item, { signal }) {
      watch.note('wait started')
      try {
        return await onAbort(signal)
      } catch (error) {
        watch.note(`wait aborted: ${error instanceof RpcError ? error.codeName : String(error)}`)
        watch.note('wait ended')
        throw error
      }
    },
    badResponse: () => ({ text: 7 }) as unknown as Item,
    async *countUp({ text, count }) {
      for (let i = 0; i < count; i++) yield { text, count: i }
      if (text === 'fail') throw new RpcError(StatusCode.ABORTED, 'failed after the items')
    },
    async *endless() {
      try {
        for (let count = 0; ; count++) yield { text: 'more', count }
      } finally {
        watch.note('endless ended')
      }
    },
    async addUp(items) {
      let count = 0
      watch.note('addUp started')
      for await (const item of items) {
        if (item.text === 'fail') throw new RpcError(StatusCode.ABORTED, 'addUp failed')
        count += item.count
      }
      return { text: 'sum', count }
    },
    async *chat(items, { signal }) {
      signal.addEventListener('abort', () => watch.note('chat aborted'))
      for await (const item of items) {
        if (item.text === 'fail') throw new RpcError(StatusCode.ABORTED, 'chat failed')
        if (item.text === 'end') return
        yield { text: `echo ${item.text}`, count: item.count + 1 }
      }
    },
    async *talkBriefly(items) {
      for await (const item of items) {
        if (item.count > 0) yield item
        return
      }
    },
    async *talk(items) {
      yield { text: 'welcome' }
      let count = 0
      for await (const item of items) yield { text: item.text.toUpperCase(), count: ++count }
      yield { text: 'goodbye', count }
    },
  })
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

export function numbered(count: number, text = 'n'): { text: string; count: number }[] {
  return Array.from({ length: count }, (_, i) => ({ text, count: i }))
}
