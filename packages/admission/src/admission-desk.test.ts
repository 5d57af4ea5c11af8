import * as fc from 'fast-check'
import type { Logger } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { NOW_MS, requestWith, root } from '../test/credentials.ts'
import { deskFor, dialer, good, REFUSAL, service } from '../test/desk.ts'
import { admissionPair, ask, bytesOf, readAll } from '../test/handshake.ts'
import { logAdmissions } from './audit.ts'
import { ConsumerGate } from './consumer-gate.ts'
import { formatRequest } from './messages.ts'

const failWith = (message: string) => (): never => {
  throw new Error(message)
}

afterEach(() => void vi.restoreAllMocks())

describe('an answer', () => {
  it('tells the admitted their attributes and the services', async () => {
    const { desk, gate } = deskFor()
    const answer = await ask(desk, 'alice', good({ team: 'red' }))
    expect(JSON.parse(answer!)).toMatchObject({
      admitted: true,
      attributes: { team: 'red' },
      services: [{ name: 'S', channels: { rpc: 'x' } }],
      root_pubkey: root.publicKey,
    })
    expect(gate.access('alice')).toEqual({ attributes: { team: 'red' } })
  })

  it('is the same for all who are refused', async () => {
    const { desk } = deskFor()
    const requests = [
      '{}',
      'hello',
      formatRequest({ credentialJson: '', iidToken: '' }),
      formatRequest(requestWith({ expiresAt: 1 })),
      formatRequest(requestWith({ attributes: { 'aster.iid_provider': 'aws' } })),
    ]
    for (const request of requests) expect(await ask(desk, 'alice', bytesOf(request))).toBe(REFUSAL)
  })

  it.each([
    ['nothing', new Uint8Array()],
    ['no text', Uint8Array.of(0xff, 0xfe, 0x7b)],
    ['too much', new Uint8Array(LIMITS.admissionMessage + 1).fill(32)],
  ])('is the end of the stream to one who sends %s', async (_what, request) => {
    const { desk, events } = deskFor()
    expect(await ask(desk, 'alice', request)).toBeUndefined()
    expect(events).toMatchObject([
      { peer: 'alice', decision: 'denied', reason: expect.stringContaining('admission request') },
    ])
  })

  it('is given for any bytes, or the end of the stream is', async () => {
    const { desk, events } = deskFor()
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string().map(bytesOf), fc.json().map(bytesOf))
    await fc.assert(
      fc.asyncProperty(bytes, async (request) => {
        events.length = 0
        expect([undefined, REFUSAL]).toContain(await ask(desk, 'alice', request))
        expect(events).toMatchObject([{ decision: 'denied' }])
      }),
    )
  })

  it('must fit, which is looked at before anybody asks', () => {
    const services = () => Array.from({ length: 1000 }, () => service)
    expect(() => deskFor({ services })).toThrow('1000 services make')
  })
})

describe('a strange peer', () => {
  // No timer may remain when the connection is closed.
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    const left = vi.getTimerCount()
    vi.useRealTimers()
    expect(left).toBe(0)
  })

  it.each([
    ['opens no stream', async () => {}],
    [
      'does not finish its request',
      async (consumer) => {
        const stream = await consumer.openStream()
        await stream.write(bytesOf('{"credential_json":'))
      },
    ],
  ] satisfies [string, (consumer: ReturnType<typeof admissionPair>[0]) => Promise<void>][])(
    'that %s is dropped in time',
    async (_what, behave) => {
      const { desk, events } = deskFor({ timeoutMs: 500 })
      const [consumer, producer] = admissionPair({ ids: ['alice', 'producer'] })
      const attended = desk.attend(producer)
      await behave(consumer)
      await vi.advanceTimersByTimeAsync(499)
      expect(events).toEqual([])
      await vi.advanceTimersByTimeAsync(1)
      await attended
      expect(await consumer.closed).toMatchObject({ by: 'peer', code: 0 })
      expect(events).toEqual([{ peer: 'alice', decision: 'dropped', reason: 'the handshake took more than 500 ms' }])
    },
  )

  it('that does not take its answer is dropped in time, and was admitted', async () => {
    const { desk, events, gate } = deskFor({ timeoutMs: 500 })
    const [consumer, producer] = admissionPair({ ids: ['alice', 'producer'], highWaterMark: 1 })
    const attended = desk.attend(producer)
    const stream = await consumer.openStream()
    await stream.write(good(), { finish: true })
    await vi.advanceTimersByTimeAsync(500)
    await attended
    expect(events).toMatchObject([{ decision: 'admitted' }, { decision: 'dropped' }])
    expect(gate.access('alice')).toBeDefined()
  })

  it('that stays after its answer is sent away without a word', async () => {
    const { desk, events } = deskFor({ timeoutMs: 500 })
    const [consumer, producer] = admissionPair({ ids: ['alice', 'producer'] })
    const attended = desk.attend(producer)
    const stream = await consumer.openStream()
    await stream.write(good(), { finish: true })
    await readAll(stream)
    await vi.advanceTimersByTimeAsync(500)
    await attended
    expect(events).toMatchObject([{ decision: 'admitted' }])
  })

  it('that resets is dropped at once', async () => {
    const { desk, events } = deskFor()
    const [consumer, producer] = admissionPair({ ids: ['alice', 'producer'] })
    const attended = desk.attend(producer)
    const stream = await consumer.openStream()
    await stream.write(bytesOf('{'))
    stream.reset(7)
    await attended
    expect(await consumer.closed).toMatchObject({ by: 'peer' })
    expect(events).toMatchObject([{ peer: 'alice', decision: 'dropped' }])
  })

  it('that leaves at once is no error', async () => {
    const { desk, events } = deskFor()
    const [consumer, producer] = admissionPair({ ids: ['alice', 'producer'] })
    const attended = desk.attend(producer)
    consumer.close()
    await attended
    expect(events).toEqual([{ peer: 'alice', decision: 'dropped', reason: 'the consumer left without a request' }])
  })

  it('that opens further streams gets them reset, and its answer all the same', async () => {
    const { desk } = deskFor()
    const [consumer, producer] = admissionPair({ ids: ['alice', 'producer'], maxStreams: 3 })
    const attended = desk.attend(producer)
    const first = await consumer.openStream()
    await first.write(bytesOf('{"credential_json":""'))
    for (let opened = 0; opened < 10; opened++) {
      const stream = await consumer.openStream()
      await stream.write(bytesOf('{}')).catch(() => {})
      await expect(stream.read()).rejects.toMatchObject({ kind: 'reset' })
    }
    await first.write(bytesOf('}'), { finish: true })
    expect(await readAll(first)).toBe(REFUSAL)
    consumer.close()
    await attended
  })

  it('cannot take more than its share of the connections, or all of them', async () => {
    const { desk, events } = deskFor({ maxConnections: 3, maxConnectionsPerPeer: 2 })
    const dial = dialer(desk)
    const [first, second, third] = [dial('mallory'), dial('mallory'), dial('mallory')]
    await first.attended
    expect(await first.consumer.closed).toMatchObject({ code: 429, reason: 'too many admissions of one peer at once' })
    const other = dial('alice')
    // The oldest silent connection is replaced, of any peer.
    const bob = dial('bob')
    await second.attended
    expect(await second.consumer.closed).toMatchObject({ code: 429, reason: 'too many admissions at once' })
    desk.close()
    await Promise.all([third.attended, other.attended, bob.attended])
    expect(events.filter(({ reason }) => reason?.includes('too many'))).toHaveLength(2)
  })

  it('that is asking on all its connections gets no further one', async () => {
    const { desk, events } = deskFor({ maxConnectionsPerPeer: 2 })
    const dial = dialer(desk)
    const asking = [dial('mallory'), dial('mallory')]
    for (const { consumer } of asking) await (await consumer.openStream()).write(bytesOf('{'))
    await vi.advanceTimersByTimeAsync(0)
    const third = dial('mallory')
    expect(await third.consumer.closed).toMatchObject({ code: 429, reason: 'too many admissions of one peer at once' })
    expect(events).toEqual([
      { peer: 'mallory', decision: 'dropped', reason: 'too many admissions of one peer at once' },
    ])
    desk.close()
    await Promise.all(asking.map(({ attended }) => attended))
  })

  it('does not wait with the others for a nonce store that hangs', async () => {
    const { desk, events } = deskFor({
      timeoutMs: 500,
      gate: { rootPubkey: root.publicKey, decide: () => new Promise(() => {}) },
    })
    const [consumer, producer] = admissionPair({ ids: ['alice', 'producer'] })
    const attended = desk.attend(producer)
    const stream = await consumer.openStream()
    await stream.write(good(), { finish: true })
    await vi.advanceTimersByTimeAsync(500)
    await attended
    expect(events).toMatchObject([{ decision: 'dropped' }])
  })
})

it('closes every connection when it is closed, and those that come later', async () => {
  const { desk, events } = deskFor()
  const [consumer, producer] = admissionPair()
  const attended = desk.attend(producer)
  desk.close()
  await attended
  expect(await consumer.closed).toMatchObject({ by: 'peer' })
  const [late, there] = admissionPair()
  await desk.attend(there)
  expect(await late.closed).toEqual({ by: 'peer', code: 0, reason: '' })
  const dropped = { peer: 'consumer', decision: 'dropped', reason: 'the producer is shutting down' }
  expect(events).toEqual([dropped, dropped])
})

it.each<[string, () => void]>([
  ['throws', failWith('the log is full')],
  // oxlint-disable-next-line typescript/no-misused-promises -- that is what is tried
  ['rejects', async () => failWith('the disk is full')()],
])('answers all the same when the audit log %s, and tells the programmer', async (_what, audit) => {
  const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const { desk } = deskFor({ audit })
  expect(await ask(desk, 'alice', good())).toContain('"admitted":true')
  expect(emitWarning.mock.calls).toEqual([
    [
      expect.stringMatching(/^the audit of admissions failed, and an event is lost: the \w+ is full$/),
      expect.anything(),
    ],
  ])
})

it.each<[string, () => void]>([
  ['throws', failWith('full')],
  // oxlint-disable-next-line typescript/no-misused-promises -- that is what is tried
  ['rejects', async () => failWith('full')()],
])('answers all the same when the logger %s', async (what, line) => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const failing = () => line()
  const logger: Logger = { debug: failing, info: failing, warn: failing, error: failing }
  const { desk } = deskFor({ audit: logAdmissions(logger) })
  expect(await ask(desk, what, good())).toContain('"admitted":true')
  expect(await ask(desk, what, bytesOf('{}'))).toBe(REFUSAL)
})

describe('the audit log', () => {
  it('cuts attributes, and shows no control character of them', async () => {
    const lines: object[] = []
    const write = (fields: object): void => void lines.push(fields)
    const { desk } = deskFor({ audit: logAdmissions({ debug: write, info: write, warn: write, error: write }) })
    const many = Array.from({ length: 100 }, (_, i) => [`\u001b[2J${i}${'k'.repeat(200)}`, '\u202ev\u009b'.repeat(60)])
    await ask(desk, 'alice', bytesOf(formatRequest(requestWith({ attributes: Object.fromEntries(many) }))))
    expect(lines).toMatchObject([{ decision: 'admitted' }])
    const text = JSON.stringify(lines)
    expect(text).not.toMatch(/\\u001b|[\u009b\u202e]/u)
    expect(text).toContain('84 more')
    expect(text.length).toBeLessThan(4_096)
  })

  const failure = new Error('disk full')
  it.each([
    ['debug', 'an admission', requestWith({ attributes: { team: 'red' } }), { team: 'red' }],
    ['warn', 'a refusal', requestWith({ expiresAt: 5, attributes: { team: 'red' } }), { team: 'red' }],
    ['error', 'a failure of the producer', requestWith({ type: 'ott' }), {}],
  ])('tells %s of %s, and no signature or nonce', async (level, _what, request, attributes) => {
    const lines: { level: string; fields: object; message: string }[] = []
    const write = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message })
    const logger: Logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
    const gate = new ConsumerGate({
      rootPubkey: root.publicKey,
      nonceStore: { use: () => Promise.reject(failure) },
      now: () => NOW_MS,
    })
    const { desk } = deskFor({ gate, audit: logAdmissions(logger) })
    await ask(desk, 'alice', bytesOf(formatRequest(request)))
    const { credential_type, expires_at, signature, nonce } = JSON.parse(request.credentialJson) as Record<
      string,
      string
    >
    expect(lines).toMatchObject([
      { level, fields: { peer: 'alice', credentialType: credential_type, expiresAt: expires_at, attributes } },
    ])
    expect(JSON.stringify(lines)).not.toContain(signature)
    if (nonce !== null) expect(JSON.stringify(lines)).not.toContain(nonce)
    if (level === 'error') expect(lines[0]?.fields).toMatchObject({ err: failure })
  })
})
