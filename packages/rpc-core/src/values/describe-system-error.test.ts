import { expect, it } from 'vitest'
import { describeSystemError } from './describe-system-error.ts'

const systemError = (code: string): Error => Object.assign(new Error(`${code}: open '/secret/path'`), { code })

it.each([
  ['ENOENT', 'no such file', 'no such folder'],
  ['EACCES', 'no permission to read it', 'no permission to write there'],
  ['ENOSPC', 'a full disk', 'a full disk'],
  ['EWEIRD', 'a file that cannot be read (EWEIRD)', 'a file that cannot be written (EWEIRD)'],
  ['toString', 'a file that cannot be read (toString)', 'a file that cannot be written (toString)'],
])('describes %s', (code, read, write) => {
  expect(describeSystemError(systemError(code), 'read')).toBe(read)
  expect(describeSystemError(systemError(code), 'write')).toBe(write)
})

it('describes any other value', () => {
  expect(describeSystemError('text', 'read')).toBe('a file that cannot be read (unknown error)')
})
