import { generateKeyPair } from '@aster/identity'
import { type ByteStream, type Connection, TransportError } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'
import type { Faults } from '@aster/transport-memory'
import { describe, expect, it, vi } from 'vitest'
import { admissionPair, bytesOf, firstStream, readAll } from '../test/handshake.ts'
import { type ConsumerAdmissionOptions, requestAdmission } from './consumer.ts'
import { AdmissionDeniedError, AdmissionError, ProducerIdentityError } from './errors.ts'

const rootPubkey = generateKeyPair().publicKey
const other = generateKeyPair().publicKey

/** Requests admission of a producer that runs a function with the stream of the consumer. */
async function askOf(
  behave: (stream: ByteStream, connection: Connection) => Promise<unknown> | void,
  options: ConsumerAdmissionOptions = {},
  faults: Faults = {},
) {
  const [consumer, producer] = admissionPair({ faults })
  const asked = requestAdmission(consumer, options)
  // The request may fail before the function of the producer has ended.
  asked.catch(() => {})
  await behave(await firstStream(producer), producer)
  return asked
}

const answering =
  (answer: object) =>
  async (stream: ByteStream): Promise<void> => {
    await readAll(stream)
    await stream.write(bytesOf(JSON.stringify(answer)), { finish: true })
  }

it('sends the credential and the token, and returns the answer', async () => {
  let request: string | undefined
  const answer = await askOf(
    async (stream) => {
      request = await readAll(stream)
      await stream.write(bytesOf('{"admitted":true,"attributes":{"a":"b"}}'), { finish: true })
    },
    { credentialJson: '{"x":1}', iidToken: 'token' },
  )
  expect(JSON.parse(request!)).toEqual({ credential_json: '{"x":1}', iid_token: 'token' })
  expect(answer).toMatchObject({ admitted: true, attributes: { a: 'b' } })
})

describe('the root key', () => {
  it.each([
    ['admits', { admitted: true, root_pubkey: other }],
    ['refuses', { admitted: false, root_pubkey: other }],
    ['names none', { admitted: true }],
  ])('is looked at first, when a producer %s', async (_what, answer) => {
    const error: unknown = await askOf(answering(answer), { rootPubkey }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ProducerIdentityError)
    expect(error).toMatchObject({ expected: rootPubkey, found: 'root_pubkey' in answer ? other : '' })
  })

  it('is compared whatever the case of its digits', async () => {
    const answer = { admitted: true, root_pubkey: rootPubkey.toUpperCase() }
    expect(await askOf(answering(answer), { rootPubkey })).toMatchObject({ rootPubkey })
    expect(await askOf(answering(answer), { rootPubkey: rootPubkey.toUpperCase() })).toMatchObject({ rootPubkey })
  })
})

describe('a refusal', () => {
  const hints = ['the credential expired at noon']
  it.each([
    ['an answer', answering({ admitted: false })],
    ['the end without a byte', (stream: ByteStream) => stream.finish()],
    ['a close with 403', (_stream: ByteStream, connection: Connection) => connection.close(403, 'not admitted')],
  ])('is known by %s, and explained by the hints', async (_what, behave) => {
    const error: unknown = await askOf(behave, { hints: () => hints }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AdmissionDeniedError)
    expect(error).toMatchObject({
      hints,
      message:
        'consumer admission denied — set ASTER_ENROLLMENT_CREDENTIAL to a valid enrollment token; the credential expired at noon',
    })
  })

  it.each<[string, () => never]>([
    [
      'throw',
      () => {
        throw new Error('no idea')
      },
    ],
    ['are no strings', () => 7 as never],
  ])('is known although its hints %s, and the programmer is told', async (_how, wrong) => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const error: unknown = await askOf(answering({ admitted: false }), { hints: wrong }).catch(
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(AdmissionDeniedError)
    expect(error).toMatchObject({ hints: [] })
    expect(emitWarning.mock.calls).toEqual([
      [expect.stringContaining('hints of an admission failed'), expect.anything()],
    ])
    emitWarning.mockRestore()
  })

  it('shows the reason that a producer tells, cut and made harmless', async () => {
    const reason = `\u001b[2J${'no'.repeat(9999)}`
    const error: unknown = await askOf(answering({ admitted: false, reason }), { hints: () => hints }).catch(
      (one: unknown) => one,
    )
    expect(error).toMatchObject({ hints: [expect.stringContaining('the producer says: \uFFFD[2Jno'), ...hints] })
    expect(String(error).length).toBeLessThan(400)
  })

  it('is believed of a producer that does not want to hear the request to its end', async () => {
    const faults: Faults = { onWrite: (_chunk, { byOpener }) => (byOpener ? { stop: 0 } : undefined) }
    const refusing = (stream: ByteStream) => stream.write(bytesOf('{"admitted":false}'), { finish: true })
    await expect(askOf(refusing, {}, faults)).rejects.toThrow(AdmissionDeniedError)
  })
})

describe('what breaks the protocol', () => {
  it.each([
    ['an answer above the limit', (stream: ByteStream) => flood(stream)],
    ['bytes that are not UTF-8', (stream: ByteStream) => stream.write(Uint8Array.of(0xff, 0xfe), { finish: true })],
    ['a byte order mark', (stream: ByteStream) => stream.write(bytesOf('\ufeff{"admitted":true}'), { finish: true })],
    ['a reset', (stream: ByteStream) => stream.reset(1)],
  ])('is an AdmissionError: %s', async (_what, behave) => {
    const error: unknown = await askOf(behave).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AdmissionError)
    expect(error).not.toBeInstanceOf(AdmissionDeniedError)
  })

  it('leaves a lost connection a TransportError', async () => {
    const lost = askOf((_stream, connection) => connection.close(0))
    await expect(lost).rejects.toThrow(TransportError)
    await expect(lost).rejects.not.toThrow(AdmissionError)
  })

  it('takes an answer of exactly the limit', async () => {
    const answer = '{"admitted":true}'.padEnd(LIMITS.admissionMessage)
    expect(await askOf((stream) => stream.write(bytesOf(answer), { finish: true }))).toMatchObject({ admitted: true })
  })

  it('sends no request above the limit, and does not say what is in it', async () => {
    const [consumer] = admissionPair()
    const error: unknown = await requestAdmission(consumer, { iidToken: 'x'.repeat(70_000) }).catch(
      (one: unknown) => one,
    )
    expect(String(error)).toContain('found a credential of 0 characters and an IID token of 70000')
    expect(String(error).length).toBeLessThan(200)
  })
})

describe('a signal', () => {
  it('that has aborted opens nothing', async () => {
    const [consumer, producer] = admissionPair()
    await expect(requestAdmission(consumer, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    )
    consumer.close()
    await expect(firstStream(producer)).rejects.toThrow('gone')
  })

  it('ends the wait for a stream', async () => {
    const [consumer] = admissionPair({ maxStreams: 0 })
    const controller = new AbortController()
    const asked = requestAdmission(consumer, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
  })

  it('disposes of a stream that comes too late', async () => {
    const [consumer, producer] = admissionPair()
    let give: (stream: ByteStream) => void = () => {}
    const slow: Connection = {
      remoteId: consumer.remoteId,
      alpn: consumer.alpn,
      closed: consumer.closed,
      incomingStreams: () => consumer.incomingStreams(),
      close: () => consumer.close(),
      openStream: () => new Promise((resolve) => (give = resolve)),
    }
    const controller = new AbortController()
    const asked = requestAdmission(slow, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
    give(await consumer.openStream())
    await expect((await firstStream(producer)).read()).rejects.toMatchObject({ kind: 'reset' })
  })

  it.each([
    ['is sent', { highWaterMark: 1 }, false],
    ['is waited for', {}, true],
  ])('resets the stream while the answer %s', async (_what, options, read) => {
    const [consumer, producer] = admissionPair(options)
    const controller = new AbortController()
    const asked = requestAdmission(consumer, { signal: controller.signal })
    const stream = await firstStream(producer)
    if (read) await readAll(stream)
    controller.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
    await expect(stream.write(bytesOf('{}'))).rejects.toMatchObject({ kind: 'stopped' })
  })
})

async function flood(stream: ByteStream): Promise<void> {
  await stream.write(new Uint8Array(LIMITS.admissionMessage + 1).fill(32), { finish: true }).catch(() => {})
}
