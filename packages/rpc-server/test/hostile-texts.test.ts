// Hostile strings in the names, ids and messages of a consumer other than our client must not appear in answers or logs.
import { AsterError, implement, type Logger } from '@aster/rpc-core'
import { CallHeader, encodeFrames, type Frame, FrameFlag, FrameStream, RpcStatus } from '@aster/rpc-core/protocol'
import { errorMessage } from '@aster/rpc-core/schema'
import { serveConnection } from '@aster/rpc-server'
import { type MemoryConnection, memoryPair } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { data, InSession, json, Shared, xlang } from './raw-frames.ts'

const HOSTILE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
const texts = [
  '\u0000\u0007\u0008',
  '\u001b]0;title\u0007\u001b[2J',
  '\u007f\u0085\u009b31m',
  '\u202eevil\u202c\u2066x\u2069\u200f\u061c',
  'a\nroot# \r\u2028\u2029\ufeff',
  `\u001b${'x'.repeat(60_000)}`,
  'x'.repeat(60_000),
]

let consumer: MemoryConnection
let lines: string[]
let release: () => Promise<void>
beforeEach(() => {
  lines = []
  /** Everything that the lines hold, including the messages of errors and of their causes. */
  const write = (fields: object, message: string): void => {
    const errors: string[] = []
    for (let error = (fields as { err?: unknown }).err; error !== undefined; error = (error as Error).cause)
      errors.push(errorMessage(error))
    lines.push([message, ...errors, ...Object.values(fields).filter((one) => typeof one === 'string')].join('|'))
  }
  const logger: Logger = { debug: write, info: write, warn: write, error: write }
  const fail = (): never => {
    throw new AsterError('broken')
  }
  const handlers = { echo: fail, count: fail, chat: fail }
  const [client, producer] = memoryPair()
  consumer = client
  const services = [implement(Shared, handlers), implement(InSession, () => handlers)]
  const served = serveConnection(producer, { services, codecs: [xlang, json], logger })
  release = async () => {
    client.close()
    await served.done
  }
})
afterEach(() => release())

const frame = (flags: number, value: unknown): Frame => ({
  flags,
  payload: new TextEncoder().encode(JSON.stringify(value)),
})
const streamHeader = (fields: object): Frame =>
  frame(FrameFlag.HEADER, {
    service: 'Shared',
    method: 'echo',
    version: 1,
    callId: '',
    deadlineEpochMs: 0,
    serializationMode: 3,
    metadataKeys: [],
    metadataValues: [],
    ...fields,
  })

async function answerTo(...frames: Frame[]): Promise<RpcStatus> {
  const stream = await consumer.openStream()
  await stream.write(encodeFrames(...frames), { finish: true })
  const answer = await new FrameStream(stream).read()
  if (answer === undefined) throw new Error('no answer')
  return json.decode(
    RpcStatus,
    answer.payload[0] === 0x7b ? answer.payload : json.encode(RpcStatus, xlang.decode(RpcStatus, answer.payload)),
  )
}

describe.each(texts.map((text) => [text]))('%#', (text) => {
  const request = data({ text: 'x' })
  it.each<[string, () => Frame[]]>([
    ['a service name', () => [streamHeader({ service: text }), request]],
    ['a method name', () => [streamHeader({ method: text }), request]],
    ['a call id', () => [streamHeader({ callId: text }), request]],
    ['the id of a session', () => [streamHeader({ service: 'InSession', method: '', callId: text }), request]],
    ['a metadata key', () => [streamHeader({ metadataKeys: [text], metadataValues: [''] }), request]],
    ['a metadata value', () => [streamHeader({ metadataKeys: ['k'], metadataValues: [text] }), request]],
    ['a field of a header', () => [streamHeader({ [text]: 1 }), request]],
    ['a field of a request', () => [streamHeader({}), frame(0, { [text]: text })]],
    ['a value of another type', () => [streamHeader({}), frame(0, { count: text })]],
    ['a request that is no JSON', () => [streamHeader({}), { flags: 0, payload: new TextEncoder().encode(text) }]],
    [
      'a method name in a session',
      () => [
        streamHeader({ service: 'InSession', method: '' }),
        { flags: FrameFlag.CALL, payload: json.encode(CallHeader, { method: text.replace(/\p{Cs}/gu, '') }) },
        request,
      ],
    ],
  ])('as %s: neither the answer nor a line repeats it, and both are short', async (_what, frames) => {
    const status = await answerTo(...frames())
    expect(status.code).not.toBe(0)
    for (const shown of [status.message, ...lines]) {
      expect(shown).not.toMatch(HOSTILE)
      expect(shown.length).toBeLessThan(2_048)
    }
    expect(status.detailKeys).toEqual([])
  })
})
