// `node scripts/without-secrets.mjs COMMAND…`: runs tests, and fails if their output, or a file that they leave in the
// folder for temporary files, contains a key, a nonce or a signature that they used.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv, env, exit, stderr, stdout } from 'node:process'
import { leaksIn } from './lib/secret-files.mjs'
import { SecretRecord } from './lib/secret-record.mjs'

const place = mkdtempSync(join(tmpdir(), 'aster-tests-'))
const [secrets, temporary] = ['secrets', 'tmp'].map((name) => join(place, name))
for (const folder of [secrets, temporary]) mkdirSync(folder, { mode: 0o700 })

const [file, ...args] = argv.slice(2)
const child = spawn(file, args, {
  stdio: ['ignore', 'pipe', 'pipe'],
  env: {
    ...env,
    ASTER_TEST_SECRETS: secrets,
    TMPDIR: temporary,
    ...(stdout.isTTY && env.NO_COLOR === undefined && { FORCE_COLOR: '1' }),
  },
})
const printed = []
for (const [from, to] of [
  [child.stdout, stdout],
  [child.stderr, stderr],
]) {
  from.on('data', (bytes) => {
    printed.push(bytes)
    to.write(bytes)
  })
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))

child.on('error', (error) => {
  console.error(error.message)
  exit(1)
})
child.on('close', (code) => {
  const record = new SecretRecord()
  for (const name of readdirSync(secrets)) record.read(readFileSync(join(secrets, name), 'utf8'))
  const find = (text) => record.find(text)
  const text = Buffer.concat(printed).toString('utf8')
  const leaks = leaksIn(temporary, find)
  const leak = find(text)
  if (leak !== undefined) leaks.push(`the output shows ${leak}`)
  // A secret that no test knows, since a program of its own made it.
  const named = /(?:secret_key|private_key|signature|nonce)"?\s*[:=]\s*"[0-9A-Za-z+/=]{43,}"/.exec(text)
  if (named !== null) leaks.push(`the output shows ${named[0].slice(0, 24)}…`)
  for (const one of leaks) console.error(`secrets: ${one}`)
  console.log(`secrets: ${record.size} were used, ${leaks.length} shown`)
  try {
    rmSync(place, { recursive: true, force: true, maxRetries: 5 })
  } catch (error) {
    // A process that a test has started and not waited for may still write there.
    console.error(`secrets: ${place} stays: ${error.message}`)
  }
  exit(leaks.length > 0 ? 1 : (code ?? 1))
})
