import { createRequire } from 'node:module'
import { join } from 'node:path'
import { parseAddress } from '@aster/identity'

/** The part of the addon that is used here. The transport of this project would not let a peer misbehave. */
const iroh = createRequire(join(import.meta.dirname, '../../transport-iroh/package.json'))(
  ['@number0', 'iroh'].join('/'),
) as Addon

interface Addon {
  Endpoint: { builder(): Builder }
  EndpointAddr: new (id: unknown, relay: null, addresses: readonly string[]) => unknown
  EndpointId: { fromString(text: string): unknown }
  RelayMode: { disabled(): unknown }
  presetMinimal(builder: Builder): void
}
interface Builder {
  relayMode(mode: unknown): void
  bindAddr(address: string): void
  bind(): Promise<RawEndpoint>
}
export interface RawEndpoint {
  id(): { toString(): string }
  addr(): { directAddresses(): string[] }
  setAlpns(alpns: number[][]): void
  connect(address: unknown, alpn: number[]): Promise<RawConnection>
  acceptNext(): Promise<{ accept(): Promise<{ connect(): Promise<RawConnection> }> } | null>
  close(): Promise<void>
}
export interface RawConnection {
  alpn(): number[]
  openBi(): Promise<RawStream>
  acceptBi(): Promise<RawStream>
  openUni(): Promise<RawSend>
  closed(): Promise<string>
  closeReason(): string | null
  close(code: bigint, reason: number[]): void
  setMaxConcurrentBiStreams(count: bigint): void
}
interface RawSend {
  writeAll(bytes: readonly number[]): Promise<void>
  finish(): Promise<void>
  reset(code: bigint): Promise<void>
  stopped(): Promise<number | null>
}
export interface RawStream {
  readonly send: RawSend
  readonly recv: { read(max: number): Promise<number[]>; stop(code: bigint): Promise<void> }
}

/** Keeps the endpoints, since the objects of the addon close their resources when they are collected. */
const endpoints = new Set<RawEndpoint>()
const kept: unknown[] = []

export function keep<T>(value: T): T {
  kept.push(value)
  return value
}

export async function closeEndpoints(): Promise<void> {
  kept.length = 0
  const open = [...endpoints]
  endpoints.clear()
  await Promise.all(open.map((endpoint) => within(endpoint.close(), 2_000)))
}

/** Returns bytes as an array of numbers, which the addon needs. */
export function numbers(bytes: Uint8Array | string): number[] {
  return Array.from(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes)
}

export async function rawEndpoint(): Promise<RawEndpoint> {
  const builder = iroh.Endpoint.builder()
  iroh.presetMinimal(builder)
  builder.relayMode(iroh.RelayMode.disabled())
  builder.bindAddr('127.0.0.1:0')
  const endpoint = await builder.bind()
  endpoints.add(endpoint)
  return endpoint
}

export const CALLS = 'aster/1'
export const ADMISSION = 'aster.consumer_admission'

export async function dial(endpoint: RawEndpoint, address: string, alpn = CALLS): Promise<RawConnection> {
  const { endpointId, addresses } = parseAddress(address)
  const target = new iroh.EndpointAddr(iroh.EndpointId.fromString(endpointId), null, [...addresses])
  return keep(await endpoint.connect(target, numbers(alpn)))
}

/** Asks for admission as a consumer without a credential does. Returns the answer, or the reason why the connection ended. */
export async function askAdmission(endpoint: RawEndpoint, address: string): Promise<string> {
  const connection = await dial(endpoint, address, ADMISSION)
  const stream = await connection.openBi()
  await stream.send.writeAll(numbers(JSON.stringify({ credential_json: '', iid_token: '' })))
  await stream.send.finish()
  return readText(stream, 10_000)
}

/** Opens a stream and writes. Returns `undefined` if that takes too long. */
export async function open(
  connection: RawConnection,
  bytes: Uint8Array,
  { finish = false, ms = 5_000 } = {},
): Promise<RawStream | undefined> {
  const opened = await within(connection.openBi(), ms)
  if (opened === undefined) return undefined
  keep(opened)
  await within(opened.send.writeAll(numbers(bytes)), ms)
  if (finish) await within(opened.send.finish(), ms)
  return opened
}

/** Returns the result of `promise`, or `undefined` if it fails or takes longer than `ms` milliseconds. */
export function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, undefined)
    const done = (value: T | undefined): void => {
      clearTimeout(timer)
      resolve(value)
    }
    promise.then(done, () => done(undefined))
  })
}

/** Reads until the end or for `ms` milliseconds. Returns one character for each byte, and `<message>` for an error. */
export async function readText(stream: RawStream, ms: number, limit = 1 << 20): Promise<string> {
  let text = ''
  const until = performance.now() + ms
  while (text.length < limit) {
    const left = until - performance.now()
    const part =
      left <= 0
        ? undefined
        : await within(
            stream.recv.read(65_536).catch((error: Error) => error),
            left,
          )
    if (part === undefined) return `${text}<nothing>`
    if (!Array.isArray(part)) return `${text}<${part.message.split('\n')[0]}>`
    if (part.length === 0) return text
    text += Buffer.from(part).toString('latin1')
  }
  return text
}

/** Returns whether the peer ended the stream within the time, in any way. */
export async function hasEnded(stream: RawStream, ms: number): Promise<boolean> {
  return !(await readText(stream, ms)).endsWith('<nothing>')
}
