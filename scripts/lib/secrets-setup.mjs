// For every file of tests: notes the secrets that it uses, and fails the test in which an error of ours shows one, however it is
// printed, or a file does that should not. In the end scripts/without-secrets.mjs searches the output.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach } from 'vitest'
import { SecretRecord } from './secret-record.mjs'
import { leaksIn } from './secret-files.mjs'

const record = new SecretRecord()
const leaks = []
/** Messages of errors that were searched. */
const searched = new Set()
const MAX_SEARCHED = 3000
/** Longer ones are of tests that ask for the length itself, and would take seconds to search. */
const MAX_LENGTH = 1_000_000
const folder = process.env['ASTER_TEST_SECRETS']

/** Called by sources as the tests load them: see the plugin in vitest.config.ts. */
globalThis[Symbol.for('aster.test.secrets')] = {
  secret: (secret, what) => record.add(secret, what),
  error(error) {
    if (searched.size >= MAX_SEARCHED || searched.has(error.message)) return
    searched.add(error.message)
    // Its class has members to set yet.
    queueMicrotask(() => {
      const leak = isSearched(error) ? record.find(shown(error)) : undefined
      if (leak !== undefined) leaks.push(`an error shows ${leak}`)
    })
  },
}

function isSearched(error) {
  try {
    const { message } = error
    return typeof message !== 'string' || message.length <= MAX_LENGTH
  } catch {
    // A test has replaced the message by a getter that throws.
    return false
  }
}

const getRandomValues = crypto.getRandomValues.bind(crypto)
crypto.getRandomValues = function (array) {
  const filled = getRandomValues(array)
  if (filled.length === 32) record.add(filled, 'a random secret')
  return filled
}

/** Before a test removes its files, they are searched. */
function searchFirst(remove) {
  return (path, ...rest) => {
    if (typeof path === 'string' && path.startsWith(tmpdir()))
      leaks.push(...leaksIn(path, (text) => record.find(text)).map((leak) => relative(tmpdir(), leak)))
    return remove(path, ...rest)
  }
}
fs.rmSync = searchFirst(fs.rmSync)
fs.promises.rm = searchFirst(fs.promises.rm)
syncBuiltinESMExports()

afterEach(() => {
  const found = leaks.splice(0)
  if (found.length > 0) throw new Error(`a secret is shown: ${found.join('\n')}`)
})

afterAll(() => {
  if (folder !== undefined && record.size > 0)
    fs.writeFileSync(join(folder, `${process.pid}-${Math.random().toString(36).slice(2)}`), record.format())
})

/** All ways in which a program may print an error. */
function shown(error) {
  try {
    return [inspect(error, { depth: 6, showHidden: true }), JSON.stringify(error), String(error), error.stack].join(
      '\n',
    )
  } catch {
    // A value that a caller attached to the error cannot be printed.
    return ''
  }
}
