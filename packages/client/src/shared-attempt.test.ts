import { expect, it } from 'vitest'
import { SharedAttempt } from './shared-attempt.ts'

function setUp() {
  let resolve = (_value: string): void => {}
  let reject = (_error: Error): void => {}
  const signals: AbortSignal[] = []
  const undone: string[] = []
  const attempt = new SharedAttempt(
    (signal) => {
      signals.push(signal)
      return new Promise<string>((...both) => ([resolve, reject] = both))
    },
    async (value) => void undone.push(value),
  )
  return {
    attempt,
    signals,
    undone,
    resolve: (value: string) => resolve(value),
    reject: (error: Error) => reject(error),
  }
}

it('runs once for all callers', async () => {
  const { attempt, signals, resolve } = setUp()
  const all = [attempt.join(undefined), attempt.join(undefined)]
  resolve('it')
  expect(await Promise.all(all)).toEqual(['it', 'it'])
  expect(await attempt.join(undefined)).toBe('it')
  expect([signals.length, attempt.failed]).toEqual([1, false])
})

it('continues for the other callers if one leaves', async () => {
  const { attempt, resolve } = setUp()
  const impatient = new AbortController()
  const left = attempt.join(impatient.signal)
  const stayed = attempt.join(undefined)
  impatient.abort(new Error('enough'))
  await expect(left).rejects.toThrow('enough')
  resolve('it')
  expect(await stayed).toBe('it')
})

it('is cancelled when the last caller leaves, and undoes a late result', async () => {
  const { attempt, signals, undone, resolve } = setUp()
  const impatient = [new AbortController(), new AbortController()]
  const left = impatient.map(({ signal }) => attempt.join(signal))
  for (const one of impatient) one.abort(new Error('enough'))
  for (const one of left) await expect(one).rejects.toThrow('enough')
  expect([signals[0]?.aborted, attempt.failed]).toEqual([true, true])
  resolve('it')
  expect(await attempt.settled()).toBeUndefined()
  expect(undone).toEqual(['it'])
})

it('rejects all callers if it fails', async () => {
  const { attempt, reject } = setUp()
  const all = [attempt.join(undefined), attempt.join(undefined)]
  reject(new Error('no'))
  for (const one of all) await expect(one).rejects.toThrow('no')
  expect([attempt.failed, await attempt.settled()]).toEqual([true, undefined])
})

it('stays done when it is cancelled later, and aborts its signal', async () => {
  const { attempt, signals, undone, resolve } = setUp()
  const joined = attempt.join(undefined)
  resolve('it')
  await joined
  attempt.abort(new Error('closed'))
  expect([signals[0]?.aborted, attempt.failed, await attempt.settled(), undone]).toEqual([true, false, 'it', []])
})
