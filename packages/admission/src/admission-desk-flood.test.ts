import type { ByteStream, Connection } from '@aster/rpc-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { root } from '../test/credentials.ts'
import { deskFor, good, REFUSAL } from '../test/desk.ts'
import { admissionPair, ask, bytesOf, readAll } from '../test/handshake.ts'
import type { AdmissionDesk, AdmissionDeskOptions } from './admission-desk.ts'
import { formatRequest } from './messages.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  const left = vi.getTimerCount()
  vi.useRealTimers()
  expect(left).toBe(0)
})

/** Dials from an address. */
function dialFrom(desk: AdmissionDesk, id: string, address?: string) {
  const [consumer, producer] = admissionPair({ ids: [id, 'producer'] })
  const paths: Connection['paths'] = address ? [{ kind: 'direct', address, rttMs: 1, selected: true }] : undefined
  const attended = desk.attend(paths ? Object.assign(producer, { paths }) : producer)
  return { consumer, attended }
}

type Dialled = ReturnType<typeof dialFrom>
type Attack = (desk: AdmissionDesk, id: string, address?: string) => Dialled

async function send({ consumer }: Dialled, write: (stream: ByteStream) => Promise<void>): Promise<void> {
  try {
    await write(await consumer.openStream())
  } catch {
    // The desk may have closed the connection.
  }
}

const beSilent: Attack = dialFrom
/** Sends one byte and stops. */
const trickle: Attack = (desk, id, address) => {
  const dialled = dialFrom(desk, id, address)
  void send(dialled, (stream) => stream.write(bytesOf('{')))
  return dialled
}
/** Sends bytes that are not a request, and reads no answer. */
const ramble: Attack = (desk, id, address) => {
  const dialled = dialFrom(desk, id, address)
  void send(dialled, (stream) => stream.write(bytesOf('{}'), { finish: true }))
  return dialled
}

let mallories = 0

/** Opens connections of different ids, fifty a second. */
async function flood(desk: AdmissionDesk, attack: Attack, count: number, address?: string): Promise<Dialled[]> {
  const dialled: Dialled[] = []
  for (let i = 0; i < count; i++) {
    dialled.push(attack(desk, `mallory ${++mallories}`, address))
    await vi.advanceTimersByTimeAsync(20)
  }
  return dialled
}

/** Sends a request some milliseconds after the connection is open. */
async function askLate(desk: AdmissionDesk, ms: number, during: () => Promise<unknown>, address?: string) {
  const { consumer } = dialFrom(desk, 'alice', address)
  await during()
  await vi.advanceTimersByTimeAsync(ms)
  const stream = await consumer.openStream()
  await stream.write(good(), { finish: true })
  const answer = await readAll(stream)
  consumer.close()
  return answer
}

async function end(desk: AdmissionDesk, dialled: readonly Dialled[]): Promise<void> {
  desk.close()
  await Promise.all(dialled.map(({ attended }) => attended))
}

describe.each([
  ['silent connections', beSilent],
  ['requests of one byte', trickle],
  ['bytes that are not a request', ramble],
])('a flood of %s', (_what, attack) => {
  it.each([undefined, '192.0.2.7:1'])('keeps no consumer out, from %s', async (address) => {
    const { desk, events } = deskFor({ maxConnections: 64, perAddress: { perSecond: 6, burst: 60 } })
    const dialled = await flood(desk, attack, 90, address)
    for (let i = 0; i < 10; i++) {
      expect(await ask(desk, `alice ${i}`, good())).toContain('"admitted":true')
      // The consumer has the address of the attack and is slow: other connections come before its request.
      const more = async () => dialled.push(...(await flood(desk, attack, 20, address)))
      expect(await askLate(desk, 10, more, address)).toContain('"admitted":true')
    }
    expect(desk.stats.open).toBeLessThanOrEqual(64)
    expect(events.filter(({ decision }) => decision === 'admitted')).toHaveLength(20)
    await end(desk, dialled)
  })

  it('is over some seconds after its end', async () => {
    const { desk } = deskFor({ maxConnections: 64 })
    const dialled = await flood(desk, attack, 100)
    await vi.advanceTimersByTimeAsync(3_200)
    expect(desk.stats.waiting).toBeLessThanOrEqual(32)
    await end(desk, dialled)
  })
})

describe('patience', () => {
  const options: Partial<AdmissionDeskOptions> = { maxConnections: 8 }
  const beginSilent = (desk: AdmissionDesk, count: number) =>
    Array.from({ length: count }, (_, i) => dialFrom(desk, `peer ${i}`))

  it('is ten seconds while half of the places are free', async () => {
    const { desk, events } = deskFor(options)
    const dialled = beginSilent(desk, 4)
    await vi.advanceTimersByTimeAsync(9_999)
    expect(events).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(events.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 4 }, () => 'the handshake took more than 10000 ms'),
    )
    await end(desk, dialled)
  })

  it('is a second to the first byte while more are taken, for those that came before as well', async () => {
    const { desk, events } = deskFor(options)
    const dialled = beginSilent(desk, 4)
    await vi.advanceTimersByTimeAsync(5_000)
    dialled.push(dialFrom(desk, 'one more'))
    await vi.advanceTimersByTimeAsync(100)
    const reason = 'too many admissions at once, and this one was silent for more than 1000 ms'
    expect(events).toMatchObject(Array.from({ length: 4 }, () => ({ decision: 'dropped', reason })))
    // The code is 429, so that a slow consumer asks again.
    expect(await dialled[0]?.consumer.closed).toEqual({ by: 'peer', code: 429, reason })
    expect(desk.stats).toMatchObject({ open: 1, waiting: 1, dropped: 4, refused: 4 })
    await end(desk, dialled)
  })

  it('is three seconds for the rest of a request', async () => {
    const { desk, events } = deskFor(options)
    const dialled = Array.from({ length: 5 }, (_, i) => trickle(desk, `peer ${i}`))
    await vi.advanceTimersByTimeAsync(2_900)
    expect(events).toEqual([])
    await vi.advanceTimersByTimeAsync(300)
    expect(events).toMatchObject(Array.from({ length: 5 }, () => ({ decision: 'dropped' })))
    expect(desk.stats).toMatchObject({ open: 0, waiting: 0, dropped: 5, refused: 5 })
    await end(desk, dialled)
  })

  it('is not lost by requests that wait for a decision', async () => {
    let decide = (): void => {}
    const { desk, events } = deskFor({ ...options, ready: new Promise((resolve) => (decide = resolve)) })
    const answers = Array.from({ length: 8 }, (_, i) => ask(desk, `peer ${i}`, bytesOf('{"credential_json":""}')))
    await vi.advanceTimersByTimeAsync(5_000)
    expect(events).toEqual([])
    // Complete requests take all places.
    const late = dialFrom(desk, 'late')
    expect(await late.consumer.closed).toMatchObject({ code: 429, reason: 'too many admissions at once' })
    decide()
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 8 }, () => REFUSAL))
    expect(desk.stats).toEqual({ open: 0, waiting: 0, admitted: 0, denied: 8, dropped: 1, refused: 1, overRate: 0 })
    await late.attended
  })

  it('has an end for those that do not read their answers', async () => {
    const { desk, events } = deskFor(options)
    const attended: Promise<void>[] = []
    for (let i = 0; i < 5; i++) {
      const [consumer, producer] = admissionPair({ ids: [`peer ${i}`, 'producer'], highWaterMark: 1 })
      attended.push(desk.attend(producer))
      await (await consumer.openStream()).write(good(), { finish: true })
    }
    await vi.advanceTimersByTimeAsync(3_200)
    expect(events.filter(({ decision }) => decision === 'dropped')).toHaveLength(5)
    await Promise.all(attended)
  })
})

describe('the rate of an address', () => {
  const options: Partial<AdmissionDeskOptions> = { maxConnections: 4, perAddress: { perSecond: 1, burst: 2 } }
  const [bad, fine] = ['192.0.2.7:1', '192.0.2.8:1']

  it('turns no consumer away while there are places', async () => {
    const { desk } = deskFor(options)
    const dialled = await flood(desk, beSilent, 4, bad)
    expect(desk.stats).toMatchObject({ open: 4, overRate: 2, dropped: 0 })
    await end(desk, dialled)
  })

  it('has those over it lose their places first, and take none of others', async () => {
    const { desk, events } = deskFor(options)
    const others = [dialFrom(desk, 'alice', fine), dialFrom(desk, 'bob', fine)]
    const dialled = await flood(desk, trickle, 20, bad)
    for (const { consumer } of others) {
      const stream = await consumer.openStream()
      await stream.write(good(), { finish: true })
      expect(await readAll(stream)).toContain('"admitted":true')
    }
    expect(events.filter(({ decision }) => decision === 'admitted')).toHaveLength(2)
    expect(desk.stats.overRate).toBe(18)
    await end(desk, [...others, ...dialled])
  })
})

it('sends a consumer away that opens streams without end', async () => {
  const { desk, events } = deskFor()
  const [consumer, producer] = admissionPair({ ids: ['alice', 'producer'] })
  const attended = desk.attend(producer)
  const first = await consumer.openStream()
  await first.write(bytesOf('{'))
  for (let opened = 0; opened < 17; opened++) {
    const stream = await consumer.openStream()
    await stream.write(bytesOf('{}')).catch(() => {})
  }
  await attended
  expect(await consumer.closed).toMatchObject({ by: 'peer' })
  expect(events).toEqual([
    { peer: 'alice', decision: 'dropped', reason: 'the consumer opened more than 16 further streams' },
  ])
})

it('checks large requests one after the other, and lets small ones pass', async () => {
  const order: string[] = []
  const decide = async (_request: unknown, peer: string) => {
    order.push(peer)
    // The processor time that the check of a large credential may take.
    if (peer.startsWith('mallory')) vi.advanceTimersByTime(10)
    return { admitted: true, attributes: {} } as const
  }
  const { desk } = deskFor({ gate: { rootPubkey: root.publicKey, decide } })
  const large = formatRequest({ credentialJson: 'x'.repeat(60_000), iidToken: '' })
  const answers = Array.from({ length: 100 }, (_, i) => ask(desk, `mallory ${i}`, bytesOf(large)))
  await vi.advanceTimersByTimeAsync(10)
  const before = order.length
  expect(await ask(desk, 'alice', good())).toContain('"admitted":true')
  expect(before).toBeLessThan(5)
  expect(order.indexOf('alice')).toBe(before)
  await vi.advanceTimersByTimeAsync(100 * 40)
  for (const answer of await Promise.all(answers)) expect(answer).toContain('"admitted":true')
  desk.close()
})

it('counts what becomes of connections', async () => {
  const { desk } = deskFor()
  await ask(desk, 'alice', good())
  await ask(desk, 'bob', bytesOf('{}'))
  const { consumer, attended } = dialFrom(desk, 'carol')
  expect(desk.stats).toEqual({ open: 1, waiting: 1, admitted: 1, denied: 1, dropped: 0, refused: 0, overRate: 0 })
  consumer.close()
  await attended
  expect(desk.stats).toEqual({ open: 0, waiting: 0, admitted: 1, denied: 1, dropped: 1, refused: 0, overRate: 0 })
  desk.close()
})
