import { expect, it } from 'vitest'
import { systemErrorCode } from './system-error-code.ts'

it.each([
  [Object.assign(new Error('no such file'), { code: 'ENOENT' }), 'ENOENT'],
  [new Error('no code'), undefined],
  [{ code: 'ENOENT' }, undefined],
  [undefined, undefined],
])('finds the code of %s: %s', (error, code) => expect(systemErrorCode(error)).toBe(code))
