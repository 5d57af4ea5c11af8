// A producer that is restarted with its key and its port, while its second channel gets another port.
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { AdmissionDeniedError, AsterClient, type AsterClientOptions, AsterConfig } from '@aster/client'
import { generateKeyPair, generateNonce, parseAddress, signCredential } from '@aster/identity'
import { writeCredentialFile } from '@aster/identity/node'
import { type NodeAddr, StatusCode } from '@aster/rpc-core'
import { EchoService } from '@aster/test-services'
import { afterEach, beforeEach, expect, it } from 'vitest'

const local = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const
const program = fileURLToPath(new URL('../fixtures/producer.mjs', import.meta.url))
const node = generateKeyPair()
const root = generateKeyPair()

let folder = ''
const open: { close(): Promise<unknown> }[] = []
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'aster-restart-'))))
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
  rmSync(folder, { recursive: true })
})

interface Producer {
  readonly rpc: NodeAddr
  readonly bulk: NodeAddr
  close(): Promise<void>
}

interface Gate {
  readonly rootPubkey?: string
  readonly newBulkId?: boolean
}

/** Starts the producer as a process of its own: within one process, iroh frees a port only when its endpoint is collected. */
async function start(gate: Gate = {}, bindAddr = '127.0.0.1:0'): Promise<Producer> {
  const secretKey = Buffer.from(node.secretKey.reveal()).toString('base64')
  const options = { ...gate, bindAddr, secretKey, storagePath: join(folder, 'state') }
  const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const close = () => end(child)
  open.push({ close })
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`the producer ended with ${code}`)))
  })
  const { rpc, bulk } = JSON.parse(line) as Record<string, string>
  return { rpc: parseAddress(rpc ?? ''), bulk: parseAddress(bulk ?? ''), close }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.stdin?.end()
  await once(child, 'exit')
}

/** Restarts the producer at its port. The old port of its channel is taken by a socket that does not answer. */
async function restart(first: Producer, gate: Gate = {}): Promise<Producer> {
  await first.close()
  const silent = createSocket('udp4').bind(portOf(first.bulk), '127.0.0.1')
  await once(silent, 'listening')
  open.push({ close: () => new Promise((resolve) => silent.close(() => resolve(undefined))) })
  const second = await start(gate, first.rpc.addresses[0])
  expect(second.rpc.endpointId).toBe(first.rpc.endpointId)
  expect(portOf(second.rpc)).toBe(portOf(first.rpc))
  expect(portOf(second.bulk)).not.toBe(portOf(first.bulk))
  return second
}

function portOf({ addresses }: NodeAddr): number {
  return Number(addresses[0]?.split(':')[1])
}

/** Connects a client that calls on the channel `bulk`. */
async function connect(producer: Producer, options: AsterClientOptions = {}) {
  const [bindAddr] = producer.rpc.addresses
  const endpointAddr = Buffer.from(`${producer.rpc.endpointId}\n\n${bindAddr}`).toString('base64')
  const config = AsterConfig.from(local)
  const client = await AsterClient.connect({ config, endpointAddr, connectTimeoutMs: 3_000, ...options })
  open.push(client)
  return { client, bulk: await client.client(EchoService, { channel: 'bulk' }) }
}

function credential(type: 'policy' | 'ott'): string {
  const shared = { expiresAt: 4_102_444_800, attributes: {} }
  const unsigned = type === 'ott' ? { ...shared, type, nonce: generateNonce() } : { ...shared, type }
  const path = join(folder, 'credential.json')
  writeCredentialFile(path, signCredential(unsigned, root.secretKey))
  return path
}

const TIMEOUT = 60_000

it('a restarted producer has the same endpoint ids on every channel', { timeout: TIMEOUT }, async () => {
  const first = await start()
  const second = await restart(first)
  expect(first.rpc.endpointId).toBe(node.publicKey)
  expect(second.bulk.endpointId).toBe(first.bulk.endpointId)
})

it.each([
  ['to whom it is open', {}, undefined],
  ['that it has to admit again', { rootPubkey: root.publicKey }, 'policy' as const],
  ['to whom it is open, where the channel has another endpoint id now', { newBulkId: true }, undefined],
])(
  'a restarted producer is called on its channel by a client %s, at the second call',
  { timeout: TIMEOUT },
  async (_whom, gate, type) => {
    const first = await start(gate)
    const { client, bulk } = await connect(first, { enrollmentCredentialFile: type && credential(type) })
    const readmitted: string[] = []
    client.on('readmitted', ({ endpointId }) => readmitted.push(endpointId))
    expect(await bulk.echo({ text: 'before' })).toMatchObject({ text: 'before' })
    const second = await restart(first, gate)
    await expect(bulk.echo({})).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
    expect(await bulk.echo({ text: 'after' })).toMatchObject({ text: 'after' })
    expect(parseAddress(client.services[0]?.channels['bulk'] ?? '')).toEqual(second.bulk)
    expect(readmitted).toEqual([node.publicKey])
  },
)

it(
  'a restarted producer admits a client again with its one-time credential, and refuses another one',
  { timeout: TIMEOUT },
  async () => {
    const gate = { rootPubkey: root.publicKey }
    const first = await start(gate)
    const options = { enrollmentCredentialFile: credential('ott') }
    const { bulk } = await connect(first, options)
    await bulk.echo({})
    const second = await restart(first, gate)
    await expect(bulk.echo({})).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
    expect(await bulk.echo({ text: 'after' })).toMatchObject({ text: 'after' })
    const refused = connect(second, { ...options, shareEndpoint: false })
    await expect(refused).rejects.toThrow(AdmissionDeniedError)
    await expect(refused).rejects.toThrow('the one-time credential may have been used before')
  },
)
