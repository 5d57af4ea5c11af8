import {
  AdmissionDeniedError,
  AdmissionError,
  ConfigError,
  ProducerIdentityError,
  RpcError,
  StatusCode,
  TransportError,
} from '@aster/client'
import { IdentityError } from '@aster/identity'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CliError, usageError } from './cli-error.ts'
import { exitCodeFor, exitCodes } from './exit-code.ts'

it.each([
  [usageError('--out', 'x'), exitCodes.usage],
  [new CliError('x'), exitCodes.failed],
  [new ConfigError([]), exitCodes.usage],
  [new IdentityError({ field: 'f', expected: 'e', found: 'f' }), exitCodes.failed],
  [new AdmissionDeniedError(), exitCodes.denied],
  [new AdmissionError('x'), exitCodes.failed],
  [new ProducerIdentityError('a', 'b'), exitCodes.untrusted],
  [new RpcError(StatusCode.UNAVAILABLE, 'x'), exitCodes.unreachable],
  [new RpcError(StatusCode.DEADLINE_EXCEEDED, 'x'), exitCodes.unreachable],
  [new RpcError(StatusCode.INTERNAL, 'x'), exitCodes.failed],
  [new TransportError('lost', 'x'), exitCodes.unreachable],
  [new TransportError('misuse', 'x'), exitCodes.failed],
  [new TypeError('x'), exitCodes.failed],
  ['thrown text', exitCodes.failed],
])('ends with its own code for %s', (error, code) => {
  expect(exitCodeFor(error)).toBe(code)
})

it('is what the README says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const rows = [...readme.matchAll(/^\| (\d) \| (\w+) \|/gm)].map(([, code, name]) => [name, Number(code)])
  expect(Object.fromEntries(rows)).toEqual(exitCodes)
})
