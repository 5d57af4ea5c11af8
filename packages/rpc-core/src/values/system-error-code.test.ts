import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { systemErrorCode } from './system-error-code.ts'

it.each([
  [Object.assign(new Error('no such file'), { code: 'ENOENT' }), 'ENOENT'],
  [runInNewContext('Object.assign(new Error(), { code: "EACCES" })'), 'EACCES'],
  [new Error('no code'), undefined],
  [{ code: 'ENOENT' }, undefined],
  [undefined, undefined],
])('finds the code of %s: %s', (error, code) => expect(systemErrorCode(error)).toBe(code))
