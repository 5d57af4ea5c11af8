import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import { createZstd } from '@aster/compression-zstd'
import {
  implement,
  RpcError,
  type ServiceDefinition,
  type ServiceImplementation,
  TransportError,
} from '@aster/rpc-core'
import { decodeStatus, errorFromStatus, type Frame, FrameFlag, FrameReader } from '@aster/rpc-core/protocol'
import { createClient, openSession } from '@aster/rpc-client'
import { serveConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { Counter, Interop } from '../../interop/services.ts'
import { Choices } from '../engine/choices.ts'
import { assert, attempt, Defect, isPrintable } from '../engine/expect-error.ts'
import { bytesOf, type Target } from '../engine/target.ts'
import { concat, recordedFrames } from './seeds.ts'
import { recordedStreams } from './codecs.ts'

const compression = await createZstd()
const xlang = new ForyCodec()
const json = new JsonCodec({ missing: 'default' })
const codecs = [xlang, json]

/** The bytes that a peer sends, in pieces, and the end of its stream. */
interface Said {
  readonly pieces: readonly Uint8Array[]
  readonly isReset: boolean
}

/** Reads the bytes that a peer sends: the first two bytes of the input decide the pieces and the end. */
function saidBy(choices: Choices): Said {
  const isReset = choices.below(8) === 7
  const count = 1 + choices.below(4)
  const bytes = choices.rest()
  const size = Math.ceil(bytes.length / count)
  return {
    pieces: Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size)),
    isReset,
  }
}

/** Handlers that return at once, since the code around them is the target. */
const handlers = {
  unary: () => ({}),
  serverStream: () => [{}],
  clientStream: async (requests: AsyncIterable<unknown>) => ({ text: '', count: await countOf(requests) }),
  bidiStream: echo,
}

/** Returns an implementation of a service by these handlers. */
function quick(service: ServiceDefinition): ServiceImplementation {
  const members = Object.values(service.methods).map(({ name, kind }) => [name, handlers[kind]])
  const made = Object.fromEntries(members) as never
  return implement(service, service.scope === 'session' ? () => made : made)
}

async function countOf(requests: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const _ of requests) count++
  return count
}

async function* echo(requests: AsyncIterable<unknown>): AsyncGenerator {
  for await (const request of requests) yield request
}

/** If a consumer sends any bytes on a stream, the producer answers with frames and a status or resets the stream, and then serves a good call. */
export const requestStreams: Target = {
  name: 'request-streams',
  seeds: () => recordedStreams('c>s').map((bytes, i) => concat([0, i % 4], bytes)),
  async run(input) {
    const [client, server] = memoryPair()
    const served = serveConnection(server, { services: [quick(Interop), quick(Counter)], codecs, compression })
    try {
      const { pieces, isReset } = saidBy(new Choices(input))
      const stream = await client.openStream()
      const reader = new FrameReader()
      const heard: Frame[] = []
      const hearing = (async () => {
        for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
          reader.push(chunk)
          for (let frame = reader.next(); frame !== undefined; frame = reader.next()) heard.push(frame)
        }
        reader.end()
      })()
      hearing.catch(() => {})
      try {
        for (const piece of pieces) await stream.write(piece)
        if (isReset) stream.reset(0)
        else await stream.finish()
      } catch (error) {
        // The producer may have stopped reading.
        if (!(error instanceof TransportError)) throw error
      }
      try {
        if (!isReset) await hearing
      } catch (error) {
        if (!(error instanceof TransportError)) throw error
      }
      for (const { flags, payload } of heard)
        if ((flags & FrameFlag.TRAILER) !== 0) decodeStatus(payload, payload[0] === 0x7b ? json : xlang, undefined)
      const answer = await createClient(Interop, { connection: client, codec: json }).say({ text: 'after', count: 1 })
      assert(answer.count === 0, 'a good call is answered afterwards')
    } finally {
      client.close()
      await served.done
    }
  },
}

/** If a producer sends any bytes on the stream of a call, the call ends with a response or an `RpcError`. */
export const responseStreams: Target = {
  name: 'response-streams',
  seeds: () => recordedStreams('s>c').map((bytes, i) => concat([i & 1, i % 5, i & 1, 0, i % 4], bytes)),
  async run(input) {
    const choices = new Choices(input)
    const codec = choices.pick([json, xlang])
    const method = choices.below(5)
    const isFinished = choices.below(2) === 0
    const said = saidBy(choices)
    const [connection, producer] = memoryPair()
    const producing = (async () => {
      for await (const stream of producer.incomingStreams()) {
        void (async () => {
          while ((await stream.read()) !== undefined);
        })().catch(() => {})
        try {
          for (const piece of said.pieces) await stream.write(piece)
          if (said.isReset) stream.reset(0)
          else await stream.finish()
        } catch (error) {
          if (!(error instanceof TransportError)) throw error
        }
      }
    })()
    const options = { connection, codec, compression, statusCodec: xlang }
    try {
      if (method === 4) {
        const session = await openSession(Counter, options)
        await session.add({ text: 'x', count: 1 }).catch(expectRpcError)
        await session.add({ text: 'y', count: 1 }).catch(expectRpcError)
      } else {
        const client = createClient(Interop, options)
        const request = { text: 'x', count: 1 }
        if (method === 0) await client.say(request)
        else if (method === 1) for await (const _ of client.countUp(request));
        else if (method === 2) await client.addUp([request])
        else {
          const channel = client.chat()
          void channel.send(request)
          if (isFinished) channel.finish()
          for await (const _ of channel);
        }
      }
    } catch (error) {
      expectRpcError(error)
    } finally {
      connection.close()
      await producing
    }
  },
}

/** Checks an error of a call. The message of a status comes from the producer, so only its length is checked. */
function expectRpcError(error: unknown): void {
  if (!(error instanceof RpcError)) throw new Defect(`expected an RpcError, found ${String(error)}`, { cause: error })
  assert(error.message.length < 20_000, 'the message of an error is bounded')
}

/** Takes the input as the payload of a trailer, and reads it as a client does. */
export const statuses: Target = {
  name: 'statuses',
  seeds: () => [
    new Uint8Array(0),
    ...recordedFrames('s>c')
      .flat()
      .filter(({ flags }) => (flags & FrameFlag.TRAILER) !== 0)
      .map(({ payload }) => payload),
    bytesOf('{"code":5,"message":"x","detailKeys":["__proto__","a"],"detailValues":["1"]}'),
  ],
  tokens: ['"code":', '"message":', '"detailKeys":[', '"detailValues":[', '__proto__', '101', '-1', '1e9', '\\u001b'],
  run(input) {
    for (const [codec, fallback] of [
      [json, xlang],
      [xlang, json],
    ] as const) {
      const read = attempt(() => decodeStatus(input, codec, fallback))
      if (read === undefined) continue
      const error = errorFromStatus(read.value)
      JSON.stringify(error)
      // The message of a producer may have several lines.
      assert(isPrintable(error.message.replace(/[\n\t]/g, ' ')), 'the message of a status is printable')
      assert(error.message.length <= 20_000, 'the message of a status is bounded')
    }
  },
}
