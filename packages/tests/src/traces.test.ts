import { JsonCodec } from '@aster/codec-json'
import { createZstd } from '@aster/compression-zstd'
import {
  type HandlerContext,
  implement,
  type MethodDefinition,
  type ServiceDefinition,
  type ServiceImplementation,
} from '@aster/rpc-core'
import { serveConnection } from '@aster/rpc-server'
import { fakeClock, settle } from '@aster/test-services'
import { memoryPair } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { counter, interop, later } from '../interop/implementation.ts'
import {
  Answer,
  Ask,
  Blob,
  Color,
  Counter,
  Everything,
  Guarded,
  Interop,
  Later,
  Level,
  Paint,
  Plain,
} from '../interop/services.ts'
import { patternBytes } from '../interop/values.ts'
import { consumerBytes, consumerDifferences, neverWritten } from './traces/consumer-differences.ts'
import { abridged, counted, expected, isNamed } from './traces/differences.ts'
import { consumerSide, type Makers, producerSide } from './traces/frames-of-trace.ts'
import { OtherBytesFound, sorted } from './traces/other-bytes.ts'
import { producerBytes, producerDifferences } from './traces/producer-differences.ts'
import { type RecordedStream, recordedStream } from './traces/recorded-calls.ts'
import { replayCalls } from './traces/replay-calls.ts'
import { lineOfResult, recordedResults } from './traces/results.ts'
import { ScriptedProducer } from './traces/scripted-producer.ts'
import { replayConsumer } from './traces/server-replay.ts'
import { type Conversation, conversations } from './traces/trace.ts'
import { codecs, Reader, type Transcript } from './traces/transcript.ts'

const zstd = await createZstd()
const makers: Makers = { zstd, blob: Blob, answer: Answer, patternBytes }
const producerReader = new Reader(zstd, [Answer, Blob, Everything, Plain, Paint])
const consumerReader = new Reader(zstd, [Ask, Blob, Everything, Plain, Paint])

const clock = fakeClock(vi)

/** `Guarded`, whose method `secret` requires a role that the recorded consumer does not have. */
const guarded = implement(Guarded, {
  secret: () => expect.unreachable('the consumer lacks the role'),
  open: () => ({ text: 'open', count: 1 }),
})

/** `Interop` with handlers that return the strings of the recorded ones. */
const recordedInterop: ServiceImplementation = {
  definition: interop.definition,
  open: (peer) => ({
    ...interop.open(peer),
    metadata: (_request: unknown, { metadata }: HandlerContext) => {
      const entries = Object.keys(metadata).sort()
      const text = entries.map((key) => `${JSON.stringify(key)}: ${JSON.stringify(metadata[key])}`).join(', ')
      return { text: `{${text}}`, count: entries.length }
    },
  }),
}

const clientCodecs = { xlang: codecs.xlang, json: new JsonCodec() }

/** Returns the service of the recorded calls, with the name, version and scope that they have. */
function serviceOf({ service, version, calls, isSession }: RecordedStream): ServiceDefinition {
  const known = [Interop, Counter, Later, Guarded].find(({ name }) => name === service) ?? Interop
  const methods: Record<string, MethodDefinition> = { ...known.methods }
  for (const { method } of calls) {
    const isKnown = Object.values(methods).some(({ wireName }) => wireName === method)
    if (!isKnown) methods[`other ${method}`] = { ...Interop.methods.say, name: `other ${method}`, wireName: method }
  }
  return { name: service, version, scope: isSession ? 'session' : 'shared', methods }
}

/** The deadlines of recorded calls, in milliseconds. */
const timeouts: Readonly<Record<string, number>> = {
  context: 30_000,
  'deadline-generous': 20_000,
  'deadline-exceeded': 200,
  'deadline-passed': -1_000,
  'deadline-long-passed': -60_000,
  'deadline-stream-between-items': 350,
  'deadline-stream-slow-item': 300,
  'deadline-client-stream': 300,
  'deadline-in-session': 200,
}

const byPart = (parts: ReturnType<typeof conversations>) => parts.map(({ part, all }) => [part, all] as const)
const byName = (all: readonly Conversation[]) => all.map((one) => [one.name, one] as const)

it('every difference names conversations that exist', () => {
  const keys = conversations().flatMap(({ part, all }) => all.map(({ name }) => ({ part, name })))
  const named = [...producerDifferences, ...consumerDifferences].flatMap(({ conversations }) => conversations)
  for (const key of [...named, ...Object.values(neverWritten).flat()])
    expect(keys.filter(({ part, name }) => isNamed(part, name, [key]))).toHaveLength(key.startsWith('*') ? 2 : 1)
})

describe('the recorded consumer against our producer', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
  afterEach(() => void vi.useRealTimers())

  async function play({ name, mode, streams: [steps = []] }: Conversation): Promise<Transcript> {
    const [client, server] = memoryPair()
    const served = serveConnection(server, {
      services: [recordedInterop, counter, later, guarded],
      codecs: [codecs.xlang, codecs.json],
      compression: zstd,
      exposeErrors: true,
    })
    const said = await replayConsumer(steps, mode, timeouts[name], await client.openStream(), makers, clock)
    client.close()
    await served.done
    return said
  }

  const others = new OtherBytesFound()

  describe.each(byPart(conversations()))('%s', (part, all) => {
    it.each(byName(all))('%s', async (_name, conversation) => {
      const { name, mode, streams } = conversation
      const ours = await play(conversation)
      const theirs = producerSide(streams[0] ?? [], mode, makers)
      const said = producerReader.lines(ours)
      const recorded = producerReader.lines(theirs)
      const wanted = expected(part, name, recorded, producerDifferences)
      expect(abridged(said, wanted)).toEqual(wanted)
      if (wanted !== recorded) expect(said).not.toEqual(recorded)
      else others.note(`${part}/${name}`, ours.frames, theirs.frames)
    })
  })

  it('writes the same bytes where it says the same, with these exceptions', () => {
    expect(others.table).toEqual(sorted(producerBytes))
  })
})

describe('our client against the recorded producer', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
  afterEach(() => void vi.useRealTimers())

  /** Makes the recorded calls. */
  async function play({ name, mode, streams: [steps = []] }: Conversation) {
    const [client, server] = memoryPair()
    const recorded = recordedStream(steps, mode, makers)
    const producer = new ScriptedProducer(server, steps, mode, makers)
    const caller = {
      service: serviceOf(recorded),
      options: { connection: client, codec: clientCodecs[mode], statusCodec: codecs.xlang, compression: zstd },
      format: { codec: codecs[mode], compression: zstd },
      timeoutMs: timeouts[name],
      cancelled: producer.cancelled,
    }
    const results = await settle(replayCalls(recorded, caller), { what: 'the calls', limitMs: 100_000, clock })
    // Waits for the last frames of the client.
    await settle(producer.done, { what: 'the client', limitMs: 1_000, clock }).catch(() => {})
    client.close()
    return { wrote: await producer.done, results, isSession: recorded.isSession }
  }

  const others = new OtherBytesFound()
  const parts = conversations().filter(({ part }) => !part.endsWith('-malformed'))

  describe.each(byPart(parts))('%s', (part, all) => {
    const isWritten = ({ name }: Conversation) => !Object.values(neverWritten).some((list) => isNamed(part, name, list))

    it.each(byName(all.filter(isWritten)))('%s', async (_name, conversation) => {
      const { name, mode, streams } = conversation
      const { wrote, results, isSession } = await play(conversation)
      if ('error' in results) throw results.error
      const theirs = consumerSide(streams[0] ?? [], mode, makers)
      const said = counted([...consumerReader.lines(wrote), ...results.value.map(lineOfResult)])
      const recorded = counted([
        ...consumerReader.lines(theirs),
        ...recordedResults(conversation, isSession, [Color, Level]),
      ])
      const wanted = expected(part, name, recorded, consumerDifferences)
      expect(abridged(said, wanted)).toEqual(wanted)
      if (wanted !== recorded) expect(said).not.toEqual(recorded)
      else others.note(`${part}/${name}`, wrote.frames, theirs.frames)
    })

    it.each(byName(all.filter((one) => !isWritten(one))))('never writes %s', async (_name, conversation) => {
      const { wrote } = await play(conversation)
      const theirs = consumerSide(conversation.streams[0] ?? [], conversation.mode, makers)
      expect(consumerReader.lines(wrote)).not.toEqual(consumerReader.lines(theirs))
    })
  })

  it('writes the same bytes where it says the same, with these exceptions', () => {
    expect(others.table).toEqual(sorted(consumerBytes))
  })
})
