import {
  bidiStream,
  clientStream,
  defineService,
  type HandlerContext,
  implement,
  RpcError,
  serverStream,
  unary,
} from '@aster/rpc-core'
import { Item, Watch } from './echo-service.ts'

const methods = {
  /** Answers at once; fails where the text is 'fail'. */
  ping: unary(Item, Item),
  unary: unary(Item, Item),
  server: serverStream(Item, Item),
  client: clientStream(Item, Item),
  bidi: bidiStream(Item, Item),
}

export const Held = defineService({ name: 'Held', methods })
export const HeldSession = defineService({ name: 'HeldSession', scope: 'session', methods })

/** Handlers that go on when they are told. Notes: started, ended, aborted, opened, disposed. */
export class Hold extends Watch {
  #go = (): void => {}
  readonly #gone = new Promise<void>((resolve) => (this.#go = resolve))
  /** What a session does when it opens, and when it ends. */
  onOpen = (): void => {}
  onDispose = (): unknown => undefined

  /** All that stand still go on, and those that come. */
  go(): void {
    this.#go()
  }

  get services() {
    return [
      implement(Held, this.#handlers()),
      implement(HeldSession, () => {
        this.onOpen()
        this.note('opened')
        return {
          ...this.#handlers(),
          [Symbol.asyncDispose]: async () => {
            this.note('disposed')
            await this.onDispose()
          },
        }
      }),
    ]
  }

  #handlers() {
    const stand = async ({ signal }: HandlerContext): Promise<void> => {
      signal.addEventListener('abort', () => {
        const { reason } = signal
        this.note(`aborted: ${reason instanceof RpcError ? `${reason.codeName} ${reason.message}` : String(reason)}`)
      })
      this.note('started')
      try {
        await Promise.race([
          this.#gone,
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
        ])
      } finally {
        this.note('ended')
      }
    }
    return {
      ping(item: Item): Item {
        if (item.text === 'fail') throw new Error('told to')
        return item
      },
      async unary(item: Item, context: HandlerContext): Promise<Item> {
        await stand(context)
        return item
      },
      async *server(item: Item, context: HandlerContext): AsyncGenerator<Item> {
        yield item
        await stand(context)
        yield item
      },
      async client(items: AsyncIterable<Item>, context: HandlerContext): Promise<Item> {
        let count = 0
        for await (const item of items) count += item.count
        await stand(context)
        return { text: 'sum', count }
      },
      async *bidi(items: AsyncIterable<Item>, context: HandlerContext): AsyncGenerator<Item> {
        for await (const item of items) {
          yield item
          await stand(context)
        }
      },
    }
  }
}
