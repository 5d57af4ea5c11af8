// If a logger, an interceptor or a transport misbehaves, the call gets its status, the mistake is named, and the process keeps running.
import { type ByteStream, type Connection, type Interceptor, type Logger, StatusCode } from '@aster/rpc-core'
import { encodeFrames } from '@aster/rpc-core/protocol'
import { serveConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { allCalls, isStreamed, Pair, patterns, recordedLog, servicesOf } from './patterns.ts'
import { header, json } from './raw-frames.ts'

const item = { text: 'one', count: 1 }
const fail = (): never => {
  throw new Error('broken')
}

describe('a logger', () => {
  const warnings: unknown[] = []
  beforeEach(() => {
    warnings.length = 0
    vi.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(text))
  })
  afterEach(() => void vi.restoreAllMocks())

  it.each(allCalls)('that throws loses no status: %s, %s, %s', async (kind, scope, _format, codec) => {
    const logger: Logger = { debug: fail, info: fail, warn: fail, error: fail }
    const pair = new Pair(fail, { logger })
    const late = { deadlineEpochMs: 1 }
    for (let i = 0; i < 2; i++) {
      expect((await pair.call(kind, scope, codec)).status).toMatchObject({ code: StatusCode.UNKNOWN })
      const { status } = await pair.call(kind, scope, codec, late)
      expect(status).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    }
    await pair.close()
  })

  it('that throws, or rejects, causes a warning of the process', async () => {
    const nothing = (): void => {}
    const quiet = { debug: nothing, info: nothing, warn: nothing }
    const loggers: Record<string, Logger['error']> = {
      thrown() {
        throw new Error('thrown')
      },
      async rejected() {
        throw new Error('rejected')
      },
    }
    for (const [text, error] of Object.entries(loggers)) {
      const pair = new Pair(fail, { logger: { ...quiet, error } })
      await pair.call('unary', 'shared')
      await pair.call('unary', 'shared')
      await pair.close()
      const lost = `logger.error failed, and its line is lost: Error: ${text}`
      expect(warnings.filter((warning) => warning === lost)).toEqual([lost])
    }
  })
})

describe('an interceptor', () => {
  const shapes: readonly (readonly [string, Interceptor, string])[] = [
    [
      'of another library',
      ((next: (call: unknown) => unknown) => async (call: unknown) => next(call)) as unknown as Interceptor,
      "interceptor 'odd' returned a function",
    ],
    ['that returns nothing', async (call, next) => void (await next(call)), "interceptor 'odd' returned nothing"],
  ]
  describe.each(shapes)('%s is named in the log, and not to the consumer', (_what, interceptor, text) => {
    it.each(patterns)('%s, %s', async (kind, scope) => {
      const { lines, errors, logger } = recordedLog()
      const odd = Object.defineProperty(interceptor, 'name', { value: 'odd' })
      const pair = new Pair(() => (isStreamed(kind) ? [item] : item), { interceptors: [odd], logger })
      const message = expect.stringMatching(/^the handler failed \(call .+\)$/)
      expect((await pair.call(kind, scope)).status).toMatchObject({ code: StatusCode.UNKNOWN, message })
      // For streamed responses the message names the missing stream.
      const named = isStreamed(kind) && text.endsWith('nothing') ? "interceptor 'odd' returned" : text
      expect([lines, errors]).toEqual([
        ['error a handler failed'],
        [expect.objectContaining({ message: expect.stringContaining(named) })],
      ])
      await pair.close()
    })
  })

  it('that does not wait for next leaves no rejection unhandled', async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', note)
    const impatient: Interceptor = async (call, next) => {
      void next(call)
      return item
    }
    const pair = new Pair(fail, { interceptors: [impatient] })
    expect(await pair.call('unary', 'shared')).toMatchObject({ responses: [item] })
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
    await pair.close()
  })
})

describe('a transport', () => {
  const services = servicesOf(() => item)
  const serve = (connection: Partial<Connection>, logger: Logger) => {
    const [, producer] = memoryPair()
    const base = { remoteId: 'peer', alpn: 'aster/1', closed: producer.closed, close: () => producer.close() }
    return serveConnection({ ...base, ...connection } as Connection, { services, codecs: [json], logger })
  }

  it.each<[string, () => AsyncIterable<ByteStream>, string[]]>([
    ['fails', fail, ['warn a connection failed']],
    [
      'fails later',
      () => ({ [Symbol.asyncIterator]: () => ({ next: async () => fail() }) }),
      ['warn a connection failed'],
    ],
    ['ends', async function* () {}, []],
  ])('whose loop over streams %s does not look open', async (_what, incomingStreams, wanted) => {
    const { lines, logger } = recordedLog()
    const close = vi.fn<Connection['close']>()
    await serve({ incomingStreams, close }, logger).done
    expect(close).toHaveBeenCalledTimes(1)
    expect(lines).toEqual(wanted)
  })

  it('whose closed promise rejects, or whose close throws, is reported', async () => {
    const { lines, logger } = recordedLog()
    const closed = Promise.reject(new Error('lost'))
    const served = serve({ incomingStreams: async function* () {}, closed, close: fail }, logger)
    await served.done
    await served.close()
    expect(lines).toEqual(['warn a connection failed', 'warn a connection failed', 'warn a connection failed'])
  })

  it('whose writes fail with errors of their own has the stream reset, and the log says so', async () => {
    const { lines, errors, logger } = recordedLog()
    const pieces = [encodeFrames(header({ service: 'Other', method: 'unary' }))]
    const events: string[] = []
    const broken: ByteStream = {
      read: async () => pieces.shift(),
      write: fail,
      finish: fail,
      reset: (code) => void events.push(`reset ${code}`),
      stop: (code) => void events.push(`stop ${code}`),
    }
    const incomingStreams = async function* (): AsyncGenerator<ByteStream> {
      yield broken
    }
    await serve({ incomingStreams, closed: new Promise(() => {}) }, logger).done
    expect(lines).toEqual(['error a stream cannot be answered, and is reset'])
    expect(errors).toEqual([new Error('broken')])
    expect(events).toEqual(['stop 13', 'reset 13'])
  })
})
