import type { ConfigOptions, FieldName } from '../src/fields.ts'

export interface Sample {
  readonly option: ConfigOptions[FieldName]
  readonly env: string
  /** The value in TOML. */
  readonly toml: string
  /** The value in a configuration. */
  readonly value: unknown
}

const text = (value: string): Sample => ({ option: value, env: value, toml: JSON.stringify(value), value })
const other = (value: number | boolean): Sample => ({ option: value, env: String(value), toml: String(value), value })
const address = (value: string): Sample => ({ ...text(value), value: [value] })
const key = (fill: number): Sample => {
  const bytes = new Uint8Array(32).fill(fill)
  return { ...text(Buffer.from(bytes).toString('base64')), option: bytes, value: bytes }
}

/** Two values of each field. */
export const samples: { readonly [Name in FieldName]-?: readonly [Sample, Sample] } = {
  endpointAddr: [address('aster1a'), address('aster1b')],
  rootPubkey: [text('ab'.repeat(32)), text('cd'.repeat(32))],
  rootPubkeyFile: [text('a.pub'), text('b.pub')],
  enrollmentCredentialFile: [text('a.json'), text('b.json')],
  enrollmentCredentialIid: [text('token a'), text('token b')],
  secretKey: [key(1), key(2)],
  identityFile: [text('a.id'), text('b.id')],
  allowAllConsumers: [other(true), other(false)],
  storagePath: [text('a'), text('b')],
  relayMode: [text('disabled'), text('https://relay.example')],
  relayToken: [text('relay token a'), text('relay token b')],
  relayTimeoutMs: [other(0), other(7_000)],
  discovery: [other(true), other(false)],
  bindAddr: [text('127.0.0.1:0'), text('[::1]:4433')],
  deadPeerMs: [other(1_000), { option: Infinity, env: 'inf', toml: 'inf', value: Infinity }],
  logFormat: [text('json'), text('text')],
  logLevel: [text('debug'), text('error')],
  logMask: [other(false), other(true)],
  peerTtlS: [other(1), other(60)],
  connectTimeoutMs: [other(1), other(2)],
  callTimeoutMs: [other(1), other(2)],
}
