// Runs the example from the beginning: three folders stand for three machines, the `aster` command makes the keys, and the
// producer and the consumer run as two processes, over iroh on 127.0.0.1.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chdir } from 'node:process'
import { aster } from './aster.ts'
import { Child } from './child.ts'

const ROOT_KEY = 'operator/root.key'
const PRODUCERS_COPY = 'producer/etc/aster/root.pub'
const IDENTITY_FILE = 'consumer/etc/aster/.aster-identity'

/** Uses neither relay nor other interfaces, so that the demo needs no network. */
const local = { ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0' }

const folder = mkdtempSync(join(tmpdir(), 'aster-production-'))
try {
  chdir(folder)
  await demo()
} finally {
  chdir(tmpdir())
  rmSync(folder, { recursive: true, force: true })
}

async function demo(): Promise<void> {
  console.log('The operator makes a root key, and enrolls a consumer with it.')
  await aster(0, 'keygen', 'root', '--out', ROOT_KEY)
  const consumer = ['--name', 'billing-consumer', '--role', 'billing']
  await aster(0, 'enroll', 'consumer', ...consumer, '--root-key', ROOT_KEY, '--identity', IDENTITY_FILE)

  console.log('\nThe producer gets root.pub, and demands a credential that root.key signed.')
  mkdirSync('producer/etc/aster', { recursive: true })
  copyFileSync('operator/root.pub', PRODUCERS_COPY)
  await using producer = new Child('producer', { ...local, ASTER_ROOT_PUBKEY_FILE: join(folder, PRODUCERS_COPY) })
  const address = await producer.line(/^ASTER_ENDPOINT_ADDR=(\S+)$/)

  console.log('\nWhoever has none is turned away.')
  await aster(3, 'services', address)

  console.log('\nThe consumer gets its identity file and the address, and is admitted.')
  const environment = { ...local, ASTER_IDENTITY_FILE: join(folder, IDENTITY_FILE), ASTER_ENDPOINT_ADDR: address }
  const consumed = await new Child('consumer', environment).ended
  const produced = await producer.end()
  console.log(`\nconsumer ended with ${consumed}, producer with ${produced}`)
  process.exitCode = consumed === 0 && produced === 0 ? 0 : 1
}
