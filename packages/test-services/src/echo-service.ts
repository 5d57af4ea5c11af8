import { bidiStream, clientStream, defineService, implement, RpcError, serverStream, unary } from '@aster/rpc-core'
import { endlessItems, Item, throwIfAsked } from './items.ts'
import { untilAborted, Watch } from './watch.ts'

/** A shared service with methods of each kind that echo, fail or never end. */
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

/** Returns an implementation of `EchoService`, whose handlers record their events in `watch`. */
export function echoService(watch = new Watch()) {
  return implement(EchoService, {
    echo: (item) => item,
    fail: ({ text, count }) => {
      if (text === 'crash') throw new Error('the secret of the handler')
      throw new RpcError(count, text, { details: { why: 'because' } })
    },
    async wait(_item, { signal }) {
      watch.note('wait started')
      try {
        return await untilAborted(signal)
      } catch (error) {
        watch.note(`wait aborted: ${error instanceof RpcError ? error.codeName : String(error)}`)
        watch.note('wait ended')
        throw error
      }
    },
    badResponse: () => ({ text: 7 }) as unknown as Item,
    async *countUp({ text, count }) {
      for (let i = 0; i < count; i++) yield { text, count: i }
      throwIfAsked(text, 'failed after the items')
    },
    endless: () => endlessItems(watch),
    async addUp(items) {
      let count = 0
      watch.note('addUp started')
      for await (const item of items) {
        throwIfAsked(item.text, 'addUp failed')
        count += item.count
      }
      return { text: 'sum', count }
    },
    async *chat(items, { signal }) {
      signal.addEventListener('abort', () => watch.note('chat aborted'))
      for await (const item of items) {
        throwIfAsked(item.text, 'chat failed')
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
