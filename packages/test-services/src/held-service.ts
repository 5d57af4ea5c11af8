import { defineService, type HandlerContext, implement } from '@aster/rpc-core'
import type { Item } from './items.ts'
import { methodsOfEachKind as methods } from './methods.ts'
import { untilAborted, Watch } from './watch.ts'

/** A shared service for handlers that wait, such as those of `Hold`. */
export const Held = defineService({ name: 'Held', methods })
/** The service `Held` as a session service. */
export const HeldSession = defineService({ name: 'HeldSession', scope: 'session', methods })

/** Handlers that wait until `go()` is called. Records the events started, ended, aborted, opened and disposed. */
export class Hold extends Watch {
  #go = (): void => {}
  readonly #gone = new Promise<void>((resolve) => (this.#go = resolve))
  /** Called when a session opens. */
  onOpen = (): void => {}
  /** Called when a session is disposed of. */
  onDispose = (): unknown => undefined

  /** Releases all handlers, including those that start later. */
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
      this.noteAbort(signal, 'aborted', ({ codeName, message }) => `${codeName} ${message}`)
      this.note('started')
      try {
        await Promise.race([this.#gone, untilAborted(signal)])
      } finally {
        this.note('ended')
      }
    }
    return {
      /** Fails if the text is `fail`. */
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
