import type { ResponseStream } from './types.ts'

/** A stream of responses whose call starts with the first `next()`. */
export function lazyStream(start: () => Promise<AsyncIterable<unknown, undefined>>): ResponseStream<unknown> {
  let started: Promise<AsyncIterator<unknown, undefined>> | undefined
  let running: AsyncIterator<unknown, undefined> | undefined
  let left = false
  const begin = async (): Promise<IteratorResult<unknown, undefined>> => {
    started ??= start().then((stream) => stream[Symbol.asyncIterator]())
    running = await started
    return running.next()
  }
  return {
    next() {
      if (left) return Promise.resolve({ done: true, value: undefined })
      return running === undefined ? begin() : running.next()
    },
    async return() {
      left = true
      // A call that is still on its way to its stream is left as soon as it is there; nobody has to wait for that.
      started?.then((iterator) => iterator.return?.()).catch(() => {})
      return { done: true, value: undefined }
    },
    async throw(error) {
      await this.return?.()
      throw error
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
