import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { errorMessage } from './text-of.ts'

it('returns the message of an error of any realm, and any other value as a string', () => {
  expect(errorMessage(new TypeError('no'))).toBe('no')
  expect(errorMessage(runInNewContext('new TypeError("no")'))).toBe('no')
  expect(errorMessage(AbortSignal.abort().reason)).toBe('This operation was aborted')
  expect(errorMessage('text')).toBe('text')
  expect(errorMessage(undefined)).toBe('undefined')
  expect(errorMessage({ message: 'not an error' })).toBe('[object Object]')
})

it('never throws', () => {
  const silent = Object.defineProperty(new Error('x'), 'message', {
    get() {
      throw new Error('no message')
    },
  })
  expect(errorMessage(silent)).toBe('an error whose message cannot be read')
  expect(errorMessage(Object.create(null))).toBe('a thrown object')
  expect(errorMessage(Object.assign(new Error('x'), { message: 5 }))).toBe('5')
})
