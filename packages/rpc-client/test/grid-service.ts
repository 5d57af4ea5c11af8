import { defineService, type HandlerContext, implement, RpcError, StatusCode } from '@aster/rpc-core'
import { type Item, methodsOfEachKind as methods, untilAborted, Watch } from '@aster/test-services'

export const GridService = defineService({ name: 'Grid', methods })
export const GridSession = defineService({ name: 'GridSession', scope: 'session', methods })

/** How far the handlers of `GridService` go before they wait, and a record of what they did. */
export class Scene extends Watch {
  /** The number of responses before the handler waits; 0 for none. */
  responses = 0
  /** When the handler waits: after the last request, or after two requests, while it asks for a third or without asking. */
  stands: 'at the end' | 'asking' | 'silent' = 'at the end'
  /** Whether the handler throws instead of waiting. */
  throws = false
}

export const handlerError = (): RpcError =>
  new RpcError(StatusCode.ABORTED, 'the handler gave up', { details: { why: 'told to' } })

function handlers(scene: Scene) {
  let pings = 0
  const watch = ({ signal }: HandlerContext): void => {
    scene.note('started')
    scene.noteAbort(signal, 'aborted')
  }
  const arrive = (): void => {
    scene.note('standing')
    if (scene.throws) throw handlerError()
  }
  const stand = (signal: AbortSignal): Promise<never> => {
    arrive()
    return untilAborted(signal)
  }
  async function* answers(items: AsyncIterable<Item>, context: HandlerContext): AsyncGenerator<Item> {
    watch(context)
    try {
      let taken = 0
      for await (const item of items) {
        taken++
        if (taken <= scene.responses) yield item
        if (scene.stands === 'silent' && taken === 2) break
        if (scene.stands === 'asking' && taken === 2) arrive()
      }
      await stand(context.signal)
    } finally {
      scene.note('finally')
    }
  }
  return {
    ping: ({ text }: Item): Item => ({ text, count: ++pings }),
    async unary(_item: Item, context: HandlerContext): Promise<Item> {
      watch(context)
      try {
        return await stand(context.signal)
      } finally {
        scene.note('finally')
      }
    },
    async *server(_item: Item, context: HandlerContext): AsyncGenerator<Item> {
      watch(context)
      try {
        for (let count = 0; count < scene.responses; count++) yield { text: 'response', count }
        await stand(context.signal)
      } finally {
        scene.note('finally')
      }
    },
    async client(items: AsyncIterable<Item>, context: HandlerContext): Promise<Item> {
      for await (const item of answers(items, context)) return item
      throw new RpcError(StatusCode.INTERNAL, 'the handler did not stand still')
    },
    bidi: answers,
  }
}

export const gridServices = (scene: Scene) => [
  implement(GridService, handlers(scene)),
  implement(GridSession, () => handlers(scene)),
]
