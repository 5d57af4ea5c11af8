import { bidiStream, clientStream, defineService, implement, serverStream, StatusCode, unary } from '@aster/rpc-core'
import { endlessItems, Item, throwIfAsked } from './items.ts'
import { untilAborted, Watch } from './watch.ts'

/** A session service with a total for each session. */
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

/** Returns an implementation of `CounterService`, whose handlers record their events in `watch`. */
export function counterService(watch = new Watch()) {
  return implement(CounterService, () => {
    let total = 0
    watch.note('opened')
    return {
      async add({ text, count }) {
        total += count ?? 0
        throwIfAsked(text, 'no', StatusCode.INVALID_ARGUMENT)
        if (text === 'crash') throw new Error('secret')
        return { text: 'total', count: total }
      },
      wait(_item, { signal }) {
        watch.note('wait started')
        watch.noteAbort(signal, 'wait aborted')
        return untilAborted(signal)
      },
      async *history({ text, count }) {
        for (let i = 0; i < count; i++) yield { text: 'h', count: total + i }
        throwIfAsked(text, 'history failed')
      },
      endless: () => endlessItems(watch),
      async addAll(items) {
        for await (const { text, count } of items) {
          throwIfAsked(text, 'addAll failed')
          total += count
        }
        return { text: 'total', count: total }
      },
      async *chat(items) {
        for await (const { text, count } of items) {
          throwIfAsked(text, 'chat failed')
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
