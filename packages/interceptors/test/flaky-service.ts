import { JsonCodec } from '@aster/codec-json'
import { createClient } from '@aster/rpc-client'
import {
  bidiStream,
  clientStream,
  type Connection,
  defineService,
  implement,
  type Interceptor,
  RpcError,
  serverStream,
  StatusCode,
  unary,
} from '@aster/rpc-core'
import { type ServeOptions, serveConnection } from '@aster/rpc-server'
import { endlessItems, Item, numbered, throwIfAsked, untilAborted, Watch } from '@aster/test-services'
import { memoryPair } from '@aster/transport-memory'

const Flaky = defineService({
  name: 'Flaky',
  methods: {
    echo: unary(Item, Item),
    again: unary(Item, Item, { idempotent: true }),
    count: serverStream(Item, Item, { idempotent: true }),
    wait: unary(Item, Item),
    endless: serverStream(Item, Item),
    sum: clientStream(Item, Item, { idempotent: true }),
    chat: bidiStream(Item, Item, { idempotent: true }),
  },
})

/** A service that fails a number of calls before it serves. */
function flaky(watch: Watch, failures: () => boolean) {
  const attempt = (): void => {
    watch.note('attempt')
    if (failures()) throw new RpcError(StatusCode.UNAVAILABLE, 'not yet')
  }
  return implement(Flaky, {
    echo: (item) => item,
    again(item) {
      attempt()
      return item
    },
    async *count({ count }) {
      attempt()
      yield* numbered(count)
    },
    async wait(_item, { signal, deadline: at }) {
      watch.note('wait started')
      try {
        return await untilAborted(signal)
      } finally {
        watch.note(`wait ended ${at === undefined ? 'without' : 'with'} a deadline`)
      }
    },
    async *endless() {
      for await (const item of endlessItems(watch)) {
        yield item
        // Waits, so that timers can run.
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
    async sum(items) {
      let count = 0
      for await (const item of items) count += item.count
      attempt()
      return { count }
    },
    async *chat(items, { signal }) {
      watch.note('chat started')
      signal.addEventListener('abort', () => watch.note('chat aborted'))
      for await (const item of items) {
        throwIfAsked(item.text, 'chat failed')
        yield { text: `echo ${item.text}`, count: item.count }
      }
    },
  })
}

export interface FlakySetting {
  readonly client?: readonly Interceptor[]
  readonly server?: readonly Interceptor[]
  readonly serve?: Partial<ServeOptions>
  /** The number of attempts that fail. @default 0 */
  readonly failures?: number
  readonly connection?: (connection: Connection) => Connection
}

const cleanups: (() => Promise<void>)[] = []

/** Ends everything that `startFlaky` started. */
export async function stopFlaky(): Promise<void> {
  for (const cleanup of cleanups.splice(0)) await cleanup()
}

/** Starts the service and a client of it in memory, with interceptors on both sides. */
export function startFlaky({
  client = [],
  server = [],
  serve = {},
  failures = 0,
  connection = (it) => it,
}: FlakySetting) {
  const watch = new Watch()
  let left = failures
  const [consumer, producer] = memoryPair()
  const service = flaky(watch, () => left-- > 0)
  const served = serveConnection(producer, {
    services: [service],
    codecs: [new JsonCodec()],
    interceptors: server,
    ...serve,
  })
  cleanups.push(async () => {
    consumer.close()
    await served.done
  })
  const c = createClient(Flaky, {
    connection: () => connection(consumer),
    codec: new JsonCodec(),
    interceptors: client,
  })
  return { c, watch, consumer, attempts: () => watch.count('attempt') }
}
