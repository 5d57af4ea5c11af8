import { chmodSync } from 'node:fs'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { AsterConfig } from '@aster/config'
import { formatTicket, generateKeyPair, parseRootPublicKey } from '@aster/identity'
import { AsterServer, defineService, implement, t, unary } from '@aster/server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { NOW, type RunOptions, Workplace } from '../../test/cli.ts'
import type { Finding, World } from '../doctor/finding.ts'
import { world } from '../doctor/world.ts'

const LOCAL = { ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0' }

const Text = t.struct('test/Text', { text: t.string })
const echo = implement(defineService({ name: 'Echo', methods: { echo: unary(Text, Text) } }), { echo: (one) => one })

let place: Workplace
let open: AsterServer
let gated: AsterServer
beforeAll(async () => {
  place = new Workplace()
  await place.json('keygen', 'root')
  const config = AsterConfig.fromEnv(LOCAL)
  const rootPubkey = parseRootPublicKey(place.read('root.pub'))
  open = new AsterServer({ services: [echo], config, allowAllConsumers: true, logger: false })
  gated = new AsterServer({ services: [echo], config, rootPubkey, logger: false })
  await Promise.all([open.start(), gated.start()])
})
afterAll(async () => {
  await Promise.all([open.close(), gated.close()])
  place[Symbol.dispose]()
})

let closing: (() => void)[] = []
beforeEach(() => void (closing = []))
afterEach(() => closing.forEach((close) => close()))

async function doctor(args: readonly string[] = [], { env, ...options }: RunOptions = {}) {
  const run = await place.run(['doctor', ...args, '--json'], { ...options, env: { ...LOCAL, ...env } })
  const findings = run.out === '' ? [] : (JSON.parse(run.out) as { findings: readonly Finding[] }).findings
  return { ...run, findings }
}

/** Enrolls a consumer into a separate identity file. */
async function enroll(name: string, ...more: readonly string[]): Promise<string> {
  const key = more.includes('--root-key') ? [] : ['--root-key', 'root.key']
  await place.json('enroll', 'consumer', '--name', name, '--identity', name, '--expires', '2100-01-01', ...key, ...more)
  return name
}

/** Returns a port that is in use. */
async function takenPort(): Promise<string> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  closing.push(() => socket.close())
  return `127.0.0.1:${socket.address().port}`
}

/** Returns a relay that answers with the given time. */
async function relayAt(ms: number): Promise<string> {
  const server = createServer((_, response) => response.setHeader('date', new Date(ms).toUTCString()).end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const bound: World = {
  ...world,
  bind: async () => ({
    endpointId: 'ab'.repeat(32),
    binding: { name: 'native' },
    relay: async () => undefined,
    close: async () => {},
  }),
}

type Fault = readonly [args: readonly string[], options?: RunOptions]

/** Each row plants one fault; the expected finding and remedy follow it. */
const FAULTS: readonly (readonly [name: string, plant: () => Promise<Fault> | Fault, found: RegExp, remedy: RegExp])[] =
  [
    [
      'a Node that is too old',
      () => [[], { world: { ...bound, nodeVersion: '18.20.4' } }],
      /^Node: 18\.20\.4, and the packages need 20\.19/,
      /install Node 20\.19 or later/,
    ],
    [
      'a binding that is missing',
      () => [
        [],
        { world: { ...world, bind: () => Promise.reject(new Error('@number0/iroh cannot be loaded on linux x64')) } },
      ],
      /^binding: @number0\/iroh cannot be loaded/,
      /optional dependencies/,
    ],
    [
      'a native binding that is missing',
      () => {
        const reason = '@aster/iroh-native: no binary for linux x64\u001b[2J'
        return [
          [],
          {
            world: {
              ...bound,
              bind: async () => ({ ...(await bound.bind({})), binding: { name: 'number0', reason } }),
            },
          },
        ]
      },
      /^binding: number0: @number0\/iroh is loaded, the slower one: @aster\/iroh-native: no binary/,
      /optional dependencies on this machine, or set ASTER_IROH_BINDING=number0/,
    ],
    [
      'a forced binding that does not exist',
      () => {
        vi.stubEnv('ASTER_IROH_BINDING', 'nativ')
        closing.push(() => void vi.unstubAllEnvs())
        return [[]]
      },
      /^binding: ASTER_IROH_BINDING is "nativ"; expected 'native' or 'number0'/,
      /unset ASTER_IROH_BINDING/,
    ],
    [
      'a variable that is misspelt',
      () => [[], { env: { ASTER_ENDPOINT_ADDRESS: 'x' } }],
      /^environment: there is no setting ASTER_ENDPOINT_ADDRESS/,
      /did you mean ASTER_ENDPOINT_ADDR\?/,
    ],
    [
      'a setting that is ill-formed',
      () => [[], { env: { ASTER_RELAY_MODE: 'sometimes' } }],
      /^configuration: relayMode \(ASTER_RELAY_MODE\): found "sometimes"/,
      /aster config explain/,
    ],
    [
      'a port that is taken',
      async () => [[], { env: { ASTER_BIND_ADDR: await takenPort() } }],
      /^port: .*already in use/i,
      /stop what has 127\.0\.0\.1:\d+, or set ASTER_BIND_ADDR to another port/,
    ],
    [
      'an address that is not of this machine',
      () => [[], { env: { ASTER_BIND_ADDR: '203.0.113.1:0' } }],
      /^port: cannot bind the endpoint/,
      /set ASTER_BIND_ADDR to an address of this machine/,
    ],
    [
      'a relay that is not there',
      () => [[], { env: { ASTER_RELAY_MODE: 'http://127.0.0.1:1/' }, world: { ...bound, askRelay: world.askRelay } }],
      /^relay: http:\/\/127\.0\.0\.1:1\/ cannot be reached/,
      /correct ASTER_RELAY_MODE, start the relay/,
    ],
    [
      'relays that are not reached',
      () => [[], { env: { ASTER_RELAY_MODE: 'default', ASTER_DISCOVERY: 'false' }, world: bound }],
      /^relay: no relay of n0 \(default\) was reached/,
      /let HTTPS to \*\.iroh\.network out/,
    ],
    [
      'an endpoint id that cannot be looked up',
      () => [[generateKeyPair().publicKey, '--timeout', '200']],
      /^discovery: off, and the address of the producer is an endpoint id alone/,
      /use a ticket/,
    ],
    [
      'names that cannot be resolved',
      () => [
        [],
        {
          env: { ASTER_RELAY_MODE: 'default' },
          world: { ...bound, lookup: () => Promise.reject(new Error('getaddrinfo EAI_AGAIN')) },
        },
      ],
      /^discovery: on, and dns\.iroh\.link cannot be resolved: getaddrinfo EAI_AGAIN/,
      /allow DNS queries/,
    ],
    [
      'a clock that is wrong',
      async () => [
        [],
        {
          env: { ASTER_RELAY_MODE: await relayAt((NOW - 3600) * 1000) },
          world: { ...bound, askRelay: world.askRelay },
        },
      ],
      /^clock: 3600 s ahead of that of the relay/,
      /set the clock/,
    ],
    [
      'a clock that was never set',
      () => [[], { now: 0 }],
      /^clock: 1970-01-01T00:00:00.000Z is in the past/,
      /set the clock/,
    ],
    [
      'an identity file that is not there',
      () => [[], { env: { ASTER_IDENTITY_FILE: 'nowhere/identity' } }],
      /^identity file: \/.*\/nowhere\/identity is not there \(ASTER_IDENTITY_FILE\)/,
      /correct the path/,
    ],
    [
      'an identity file that others may read',
      async () => {
        chmodSync(place.path(await enroll('open')), 0o644)
        return [['--identity', 'open']]
      },
      /^identity file: .*can be read by other users/,
      /chmod 600 open/,
    ],
    [
      'an identity file of another kind',
      () => {
        place.write('broken', 'this = = is no TOML')
        return [['--identity', 'broken']]
      },
      /^configuration: .*--identity: .*broken/,
      /correct it there/,
    ],
    [
      'a credential that has expired',
      async () => [['--identity', await enroll('old')], { now: Date.parse('2101-01-01') }],
      /^credential: the credential expired at 2100-01-01/,
      /enroll this consumer again/,
    ],
    [
      'a credential of another endpoint',
      async () => {
        await enroll('bound')
        const text = place.read('bound')
        const other = await place.json('keygen', 'node', '--identity', 'other')
        expect(other['endpointId']).toBeDefined()
        const [secret = ''] = /secret_key = .*/.exec(place.read('other')) ?? []
        const [id = ''] = /endpoint_id = .*/.exec(place.read('other')) ?? []
        place.write('moved', text.replace(/secret_key = .*/, secret).replace(/endpoint_id = .*/, id))
        return [['--identity', 'moved']]
      },
      /^credential: the credential is bound to endpoint id/,
      /enroll this node/,
    ],
    [
      'a credential that was changed',
      async () => {
        await enroll('changed', '--role', 'reader')
        place.write('changed', place.read('changed').replaceAll('reader', 'writer'))
        return [['--identity', 'changed']]
      },
      /^credential: the signature of the credential does not hold/,
      /the file was changed or cut/,
    ],
    [
      'a credential of another root',
      async () => {
        const { publicKey } = generateKeyPair()
        return [['--identity', await enroll('foreign'), '--root-pubkey', publicKey]]
      },
      /^credential: the credential is signed by root key/,
      /correct ASTER_ROOT_PUBKEY/,
    ],
    ['an address that cannot be parsed', () => [['aster1nothing']], /^configuration: address: /, /correct it there/],
    [
      'a producer that is gone',
      () => [
        [formatTicket({ endpointId: generateKeyPair().publicKey, addresses: ['127.0.0.1:1'] }), '--timeout', '300'],
      ],
      /^producer: cannot reach the producer/,
      /look whether the producer runs/,
    ],
    [
      'a producer that admits others',
      () => [[gated.address]],
      /^producer: consumer admission denied/,
      /get a credential/,
    ],
    [
      'a producer of another root key',
      () => [[open.address, '--root-pubkey', generateKeyPair().publicKey]],
      /^producer: .*this is not the producer you trust/,
      /do not trust this address/,
    ],
  ]

describe('aster doctor', () => {
  it.each(FAULTS)('finds %s, and says what to do', async (_name, plant, found, remedy) => {
    const [args, options] = await plant()
    const { findings, err } = await doctor(args, options)
    const faults = findings.filter(({ state }) => state === 'bad' || state === 'odd')
    const fault = faults.find((one) => found.test(`${one.name}: ${one.found}`))
    expect(fault, `${JSON.stringify(findings, undefined, 1)}\n${err}`).toBeDefined()
    expect(fault?.remedy).toMatch(remedy)
  })

  it('finds nothing if nothing is wrong', async () => {
    const whole: World = {
      ...world,
      bind: async (options) => ({ ...(await world.bind(options)), binding: { name: 'native' } }),
    }
    const { code, err, findings } = await doctor([open.address], { world: whole })
    expect([code, err]).toEqual([0, ''])
    expect(findings.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'Node ok',
      'identity file ok',
      'configuration ok',
      'credential ok',
      'binding ok',
      'port ok',
      'relay ok',
      'discovery ok',
      'clock ok',
      'producer ok',
      'calls ok',
    ])
    expect((await doctor([gated.address, '--identity', await enroll('good')])).code).toBe(0)
  })

  it('says which binding is in use', async () => {
    const forced = async (name: string) => {
      vi.stubEnv('ASTER_IROH_BINDING', name)
      const { findings } = await doctor()
      vi.unstubAllEnvs()
      return findings.find((one) => one.name === 'binding')
    }
    expect(await forced('number0')).toEqual({
      name: 'binding',
      state: 'ok',
      found: 'number0: @number0/iroh is loaded, as ASTER_IROH_BINDING says',
    })
  })

  it('prints remedies for people, and fails', async () => {
    const run = await place.run(['doctor', gated.address], { env: LOCAL })
    expect([run.code, run.err]).toEqual([1, 'aster: 1 thing stands in the way\n'])
    expect(run.out).toMatch(/\nbad +producer +consumer admission denied.*\n +→ get a credential/)
  })
})
