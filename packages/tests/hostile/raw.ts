import { createRequire } from 'node:module'
import { join } from 'node:path'
import { parseAddress } from '@aster/identity'

/** The addon itself, since a well-behaved transport does not let a peer misbehave; what is used of it here. */
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

/** The addon's objects end what they stand for when they are collected. */
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

/** The addon takes bytes as arrays of numbers. */
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

/** Asks for admission as a consumer without a credential does, and returns the connection, or the reason of its end. */
export async function askAdmission(endpoint: RawEndpoint, address: string): Promise<string> {
  const connection = await dial(endpoint, address, ADMISSION)
  const stream = await connection.openBi()
  await stream.send.writeAll(numbers(JSON.stringify({ credential_json: '', iid_token: '' })))
  await stream.send.finish()
  return readText(stream, 10_000)
}

/** Opens a stream and writes; `undefined` if it cannot be done within the time. */
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

/** The result, or `undefined` if there is none within the time or it fails. */
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

/** What can be read until the end or the time, with one character for each byte; an end by an error is `<text of it>`. */
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

/** Whether the peer ended the stream within the time, by whatever means. */
export async function hasEnded(stream: RawStream, ms: number): Promise<boolean> {
  return !(await readText(stream, ms)).endsWith('<nothing>')
}
