import { type InterceptedCall, type Logger, RpcError, StatusCode } from '@aster/rpc-core'
import { expect, it } from 'vitest'
import { collect, fakeCall, nextOf, openStream, streamOf, unavailable } from '../test/fake-call.ts'
import { defaultLevel, logCalls, type LogCallsOptions } from './log-calls.ts'

type Line = { level: string; message: string } & Record<string, unknown>

function recorder(): { logger: Logger; lines: Line[] } {
  const lines: Line[] = []
  const at = (level: string) => (fields: object, message: string) => void lines.push({ level, message, ...fields })
  return { lines, logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } }
}

async function lineOf(
  call: InterceptedCall,
  outcome: unknown,
  options: Partial<LogCallsOptions> = {},
): Promise<Line[]> {
  const { logger, lines } = recorder()
  await logCalls({ logger, ...options })(call, nextOf(outcome)).catch(() => {})
  return lines
}

it('logs a line for a call, without messages and metadata', async () => {
  const secret = fakeCall('one', { request: { text: 'secret' }, metadata: { token: 'secret' } })
  const lines = await lineOf(secret, { text: 'secret' })
  expect(lines).toEqual([
    {
      level: 'info',
      message: 'call finished',
      side: 'client',
      service: 'Test',
      method: 'one',
      kind: 'unary',
      callId: 'call-1',
      code: 'OK',
      durationMs: expect.any(Number),
    },
  ])
  expect(JSON.stringify(lines)).not.toContain('secret')
})

it('names the peer if it is known', async () => {
  const [line] = await lineOf(fakeCall('one', { side: 'server', peer: { id: 'ab12', attributes: { role: 'x' } } }), 'x')
  expect(line).toMatchObject({ side: 'server', peer: 'ab12' })
})

it.each<[StatusCode, string]>([
  [StatusCode.CANCELLED, 'info'],
  [StatusCode.NOT_FOUND, 'warn'],
  [StatusCode.UNAVAILABLE, 'warn'],
  [StatusCode.DEADLINE_EXCEEDED, 'warn'],
  [StatusCode.UNKNOWN, 'error'],
  [StatusCode.INTERNAL, 'error'],
  [StatusCode.DATA_LOSS, 'error'],
  [StatusCode.CONTRACT_VIOLATION, 'error'],
  [77, 'warn'],
])('logs code %i at level %s', async (code, level) => {
  const error = new RpcError(code, 'why')
  const [line] = await lineOf(fakeCall('one'), error)
  expect(line).toMatchObject({ level, message: 'call failed', code: error.codeName, err: error })
  expect(defaultLevel({ error })).toBe(level)
})

it('takes a level and fields from functions of the user', async () => {
  const options: Partial<LogCallsOptions> = {
    level: ({ error }) => (error === undefined ? undefined : 'debug'),
    fields: ({ responses }, call) => ({ responses, version: call.service.version }),
  }
  expect(await lineOf(fakeCall('one'), 'x', options)).toEqual([])
  expect(await lineOf(fakeCall('one'), unavailable(), options)).toMatchObject([
    { level: 'debug', code: 'UNAVAILABLE', responses: 0, version: 1 },
  ])
})

it('counts the messages of streams', async () => {
  const { logger, lines } = recorder()
  const interceptor = logCalls({ logger })
  const consume = async ({ request }: InterceptedCall): Promise<unknown> => (await collect(request)).length
  expect(await interceptor(fakeCall('upload', { request: [1, 2, 3] }), consume)).toBe(3)
  const echo = async ({ request }: InterceptedCall): Promise<unknown> => request
  expect(await collect(await interceptor(fakeCall('chat', { request: streamOf(1, 2) }), echo))).toEqual([1, 2])
  await collect(await interceptor(fakeCall('many'), async () => streamOf(1, 2, unavailable()))).catch(() => {})
  const iterator = await openStream(interceptor, fakeCall('many'), async () => streamOf(1, 2))
  await iterator.next()
  await iterator.return?.()
  expect(lines.map(({ kind, code, requests, responses }) => [kind, code, requests, responses])).toEqual([
    ['clientStream', 'OK', 3, undefined],
    ['bidiStream', 'OK', 2, 2],
    ['serverStream', 'UNAVAILABLE', undefined, 2],
    ['serverStream', 'CANCELLED', undefined, 1],
  ])
})
