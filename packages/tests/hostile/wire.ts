/** The flags of frames, for frames that may be wrong in every way. */
export const FLAGS = { data: 0, compressed: 1, trailer: 2, header: 4, rowSchema: 8, call: 16, cancel: 32 } as const

const encoder = new TextEncoder()

export function frame(flags: number, payload: string | Uint8Array = ''): Uint8Array {
  const bytes = typeof payload === 'string' ? encoder.encode(payload) : payload
  const framed = new Uint8Array(5 + bytes.length)
  new DataView(framed.buffer).setUint32(0, bytes.length + 1, true)
  framed[4] = flags
  framed.set(bytes, 5)
  return framed
}

const call = { callId: '', deadlineEpochMs: 0, metadataKeys: [] as string[], metadataValues: [] as string[] }
type CallFields = Partial<typeof call>

export function header(service: string, method: string, fields: CallFields & { service?: string } = {}): Uint8Array {
  const start = { service, method, version: 1, serializationMode: 3 }
  return frame(FLAGS.header, JSON.stringify({ ...start, ...call, ...fields }))
}

export function callFrame(method: string, fields: CallFields = {}): Uint8Array {
  return frame(FLAGS.call, JSON.stringify({ method, ...call, ...fields }))
}

export function request(value: unknown): Uint8Array {
  return frame(FLAGS.data, JSON.stringify(value))
}

export const OK = frame(FLAGS.trailer, '{"code":0,"message":"","detailKeys":[],"detailValues":[]}')

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts)
}

export function repeated(part: Uint8Array, times: number): Uint8Array {
  return Buffer.concat(Array.from({ length: times }, () => part))
}

/** The first bytes of a frame of 16 MiB. */
export const HUGE = Uint8Array.of(0, 0, 0, 1)

/** Characters that steer a terminal or reverse its text. */
export const STEERING = '\u001b]0;owned\u0007\u001b[2J\u202eevil\u0085\u009b31m\nroot# '
const steering = String.raw`[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]`
/** Matches the characters that must not be left. A JSON escape of them may be. */
export const STEERS = new RegExp(steering)
/** The same in the bytes of an answer, with one character for each byte. */
export const STEERS_IN_BYTES = new RegExp(String.raw`\u001b|\u00e2\u0080\u00ae`)
