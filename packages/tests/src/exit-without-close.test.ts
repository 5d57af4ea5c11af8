// Short programs with the same permanent key, which end without closing their clients.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { generateKeyPair } from '@aster/identity'
import { AsterConfig, AsterServer } from '@aster/server'
import { echoService } from '@aster/test-services'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const program = fileURLToPath(new URL('../fixtures/short-program.mjs', import.meta.url))
const PROGRAMS = 8

let server: AsterServer
beforeEach(async () => {
  const config = AsterConfig.from({ relayMode: 'disabled', bindAddr: '127.0.0.1:0' })
  server = new AsterServer({
    config,
    services: [echoService()],
    allowAllConsumers: true,
  })
  await server.start()
})
afterEach(() => server.close())

/** Runs the program. Returns its output, or the reason why it was not served. */
function run(how: string, key: string): Promise<string> {
  const env = {
    ...process.env,
    ASTER_ENDPOINT_ADDR: server.address,
    ASTER_SECRET_KEY: key,
    ASTER_RELAY_MODE: 'disabled',
    ASTER_BIND_ADDR: '127.0.0.1:0',
  }
  return new Promise((resolve) => {
    execFile(process.execPath, [program, how], { env, timeout: 100_000 }, (error, stdout, stderr) =>
      resolve(stdout === 'served' ? stdout : `${error?.message}\n${stderr}`),
    )
  })
}

const newKey = (): string => Buffer.from(generateKeyPair().secretKey.reveal()).toString('base64')
const served = Array.from({ length: PROGRAMS }, () => 'served')

describe.each(['process.exit', 'SIGTERM', 'crash'])('eight programs of one key that end by %s', (how) => {
  it('are all served if they run one after the other', { timeout: 120_000 }, async () => {
    const key = newKey()
    const outcomes = []
    for (let i = 0; i < PROGRAMS; i++) outcomes.push(await run(how, key))
    expect(outcomes).toEqual(served)
  })

  it('are all served if they run at once', { timeout: 120_000 }, async () => {
    const key = newKey()
    expect(await Promise.all(Array.from({ length: PROGRAMS }, () => run(how, key)))).toEqual(served)
  })
})
