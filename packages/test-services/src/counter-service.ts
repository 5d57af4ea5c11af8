import {
  bidiStream,
  clientStream,
  defineService,
  implement,
  RpcError,
  serverStream,
  StatusCode,
  unary,
} from '@aster/rpc-core'
import { Item, Watch } from './echo-service.ts'

export const CounterService = defineService({
  name: 'Counter',
  version: 2,
  scope: 'session',
  methods: {
    add: unary(Item, Item),
    wait: unary(Item, Item),
    history: serverStream(Item, Item),
    endless: serverStream(Item, Item),
    addAll: clientStream(Item, Item),
    chat: bidiStream(Item, Item),
  },
})

/** One total for each session. */
export function counterService(watch = new Watch()) {
  return implement(CounterService, () => {
    let total = 0
    watch.note('opened')
    return {
      async add({ text, count }) {
        total += count ?? 0
        if (text === 'fail') throw new RpcError(StatusCode.INVALID_ARGUMENT, 'no')
        if (text === 'crash') throw new Error('secret')
        return { text: 'total', count: total }
      },
      wait: (_item, { signal }) =>
        new Promise((_resolve, reject) => {
          watch.note('wait started')
          signal.addEventListener('abort', () => {
            watch.note(`wait aborted: ${(signal.reason as RpcError).codeName}`)
            reject(signal.reason as Error)
          })
        }),
      async *history({ text, count }) {
        for (let i = 0; i < count; i++) yield { text: 'h', count: total + i }
        if (text === 'fail') throw new RpcError(StatusCode.ABORTED, 'history failed')
      },
      async *endless() {
        try {
          for (let count = 0; ; count++) yield { count }
        } finally {
          watch.note('endless ended')
        }
      },
      async addAll(items) {
        for await (const { text, count } of items) {
          if (text === 'fail') throw new RpcError(StatusCode.ABORTED, 'addAll failed')
          total += count
        }
        return { text: 'total', count: total }
      },
      async *chat(items) {
        for await (const { text, count } of items) {
          if (text === 'fail') throw new RpcError(StatusCode.ABORTED, 'chat failed')
          if (text === 'end') return
          total += count
          yield { text, count: total }
        }
      },
      async [Symbol.asyncDispose]() {
        watch.note('closed')
      },
    }
  })
}
