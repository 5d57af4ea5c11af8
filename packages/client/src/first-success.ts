import { unref } from '@aster/rpc-core/protocol'

/**
 * Returns the result of the first attempt that succeeds. `begin` starts the next attempt when one has failed or has taken
 * `staggerMs`, and returns `undefined` if there is no other. Results of later attempts are passed to `late`.
 *
 * @throws AggregateError with all failures if every attempt fails
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
