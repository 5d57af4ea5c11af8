import { JsonCodec } from '@aster/codec-json'
import { AsterError } from '@aster/rpc-core'
import { type ServeOptions, serveConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { expect, it } from 'vitest'

it.each<[Partial<ServeOptions>, string]>([
  [{ maxConcurrentStreams: 0 }, 'maxConcurrentStreams: expected an integer from 1, found 0'],
  [{ maxConcurrentStreams: 1.5 }, 'maxConcurrentStreams: expected an integer from 1, found 1.5'],
  [{ maxConcurrentStreams: Infinity }, 'maxConcurrentStreams: expected an integer from 1, found Infinity'],
  [{ handlerTimeoutMs: 0 }, 'handlerTimeoutMs: expected more than 0 milliseconds'],
  [{ handlerTimeoutMs: -1 }, 'handlerTimeoutMs: expected a number of milliseconds from 0, or Infinity, found -1'],
  [{ handlerTimeoutMs: Number.NaN }, 'handlerTimeoutMs: expected a number of milliseconds'],
  [{ handlerTimeoutMs: '5' as never }, 'handlerTimeoutMs: expected a number of milliseconds'],
  [{ interceptors: (() => {}) as never }, 'interceptors: expected a list of functions, found a function'],
  [{ interceptors: [async () => {}, undefined] as never }, 'interceptors[1]: expected a function, found nothing'],
])('refuses the options %o', (options, message) => {
  const [, producer] = memoryPair()
  const serveIt = () => serveConnection(producer, { services: [], codecs: [new JsonCodec()], ...options })
  expect(serveIt).toThrow(AsterError)
  expect(serveIt).toThrow(message)
})
