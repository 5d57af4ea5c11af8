import { unref } from '@aster/rpc-core/protocol'

/**
 * The first of several attempts that comes to something. `begin` starts the next one: when one has failed, or has taken
 * `staggerMs` so far; `undefined` when there is no other. What comes to something too late goes to `late`. Throws an
 * `AggregateError` of all failures.
 */
export function firstSuccess<T>(
  begin: () => Promise<T> | undefined,
  staggerMs: number,
  late: (result: T) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const errors: unknown[] = []
    let running = 0
    let done = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const beginNext = (): void => {
      clearTimeout(timer)
      const attempt = begin()
      if (attempt === undefined) {
        if (running === 0) reject(new AggregateError(errors))
        return
      }
      running += 1
      timer = setTimeout(beginNext, staggerMs)
      unref(timer)
      attempt.then(
        (result) => {
          if (done) return late(result)
          done = true
          clearTimeout(timer)
          resolve(result)
        },
        (error: unknown) => {
          running -= 1
          errors.push(error)
          if (!done) beginNext()
        },
      )
    }
    beginNext()
  })
}
