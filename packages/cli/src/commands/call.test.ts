import { EventEmitter } from 'node:events'
import { AsterConfig } from '@aster/config'
import {
  AsterServer,
  bidiStream,
  clientStream,
  defineService,
  implement,
  RpcError,
  serverStream,
  StatusCode,
  t,
  unary,
} from '@aster/server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from '../index.ts'
import { Workplace } from '../../test/cli.ts'

/** Keeps all traffic on this machine. */
const LOCAL = { ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0' }

const Color = t.enum('test/Color', { RED: 'red', GREEN: 'green' })
const Inner = t.struct('test/Inner', { maybeText: t.optional(t.string) })
const Thing = t.struct('test/Thing', {
  text: t.string,
  big: t.int64,
  blob: t.bytes,
  color: Color,
  inner: Inner,
  ratio: t.float64,
})
const Count = t.struct('test/Count', { count: t.int })
const methods = {
  same: unary(Thing, Thing, { doc: 'Sends it back.\n\u001b[2JTwice.' }),
  countUp: serverStream(Count, Count),
  addUp: clientStream(Count, Count),
  chat: bidiStream(Count, Count),
  fail: unary(Count, Count),
  wait: unary(Count, Count),
  meta: unary(Count, Thing),
}
const Shared = defineService({ name: 'test.Shared', doc: 'For tests.', methods })
const Kept = defineService({ name: 'Kept', scope: 'session', methods })

let waiting: (() => void) | undefined
let over: (() => void) | undefined
function handlers() {
  let total = 0
  return {
    same: (thing: t.Infer<typeof Thing>) => thing,
    async *countUp({ count }: { count: number }) {
      for (let i = 1; i <= count; i++) yield { count: i }
    },
    async addUp(all: AsyncIterable<{ count: number }>) {
      for await (const { count } of all) total += count
      return { count: total }
    },
    async *chat(all: AsyncIterable<{ count: number }>) {
      for await (const { count } of all) yield { count: (total += count) }
    },
    fail: ({ count }: { count: number }) => {
      if (count > 1) return { count }
      throw new RpcError(StatusCode.NOT_FOUND, 'gone\u001b[2J away', { details: { why: 'no\u0007' } })
    },
    wait: (_: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise<never>((_resolve, reject) => {
        waiting?.()
        signal.addEventListener('abort', () => {
          over?.()
          reject(new Error('over'))
        })
      }),
    meta: (_: unknown, { metadata }: { metadata: Readonly<Record<string, string>> }) => ({
      text: JSON.stringify(metadata),
    }),
  }
}

let place: Workplace
let servers: readonly AsterServer[]
beforeEach(() => void (place = new Workplace()))
afterEach(() => place[Symbol.dispose]())
beforeAll(async () => {
  servers = [true, false].map((reflection) => {
    return new AsterServer({
      services: [implement(Shared, handlers() as never), implement(Kept, handlers as never)],
      config: AsterConfig.fromEnv(LOCAL),
      allowAllConsumers: true,
      reflection,
      logger: false,
    })
  })
  for (const server of servers) await server.start()
})
afterAll(async () => {
  for (const server of servers) await server.close()
})

const addressOf = (isDescribed: boolean): string => servers[isDescribed ? 0 : 1]?.address ?? ''
const run = (args: readonly string[], options: Parameters<Workplace['run']>[1] = {}) =>
  place.run(args, { ...options, env: { ...LOCAL, ...options.env } })

describe.each([
  ['types known', true],
  ['types unknown', false],
])('aster call, %s', (_name, isDescribed) => {
  const kindOf = (kind: string): string[] => (isDescribed ? [] : ['--kind', kind])
  const call = (target: string, ...args: string[]) => run(['call', addressOf(isDescribed), target, ...args])

  it.each(['test.Shared', 'Kept'])('calls every kind of method of %s', async (service) => {
    const thing = '{"text":"a","big":9223372036854775807,"blob":"AQI=","color":"green","inner":{},"ratio":0.5}'
    const same = await call(`${service}.same`, thing)
    expect(same).toEqual({
      code: 0,
      err: '',
      out: '{"text":"a","big":9223372036854775807,"blob":"AQI=","color":"green","inner":{"maybe_text":null},"ratio":0.5}\n',
    })
    expect(await call(`${service}.count_up`, '{"count":3}', ...kindOf('server-stream'))).toMatchObject({
      out: '{"count":1}\n{"count":2}\n{"count":3}\n',
    })
    const sum = await call(`${service}.add_up`, '{"count":3}', '{"count":4}', ...kindOf('client-stream'))
    expect(sum.out).toMatch(/^\{"count":\d+\}\n$/)
    const chat = await call(`${service}.chat`, '{"count":1}', '{"count":2}', ...kindOf('bidi-stream'))
    expect([chat.code, chat.err, chat.out.split('\n').length]).toEqual([0, '', 3])
  })

  it('keeps one session for all calls of a command', async () => {
    const args = ['call', addressOf(isDescribed), 'Kept.add_up', ...kindOf('client-stream')]
    expect((await run(args, { stdin: '{"count":3}\n\n{"count":4}' })).out).toBe('{"count":7}\n')
  })

  it('makes a call of each line, in order, several at a time', async () => {
    const lines = Array.from({ length: 50 }, (_, i) => `{"text":"${i}"}`)
    const args = ['call', addressOf(isDescribed), 'test.Shared.same', '--concurrency', '8']
    const { code, out, err } = await run(args, { stdin: `${lines.join('\n')}\n` })
    expect([code, err]).toEqual([0, ''])
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { text: string }).text),
    ).toEqual(lines.map((_, i) => String(i)))
  })

  it('repeats requests, and sends metadata', async () => {
    const { out } = await call('test.Shared.meta', '{}', '--repeat', '3', '--metadata', 'a=b', '--metadata', 'c=d=e')
    const texts = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse((JSON.parse(line) as { text: string }).text) as unknown)
    expect(texts).toEqual(Array.from({ length: 3 }, () => ({ a: 'b', c: 'd=e' })))
  })

  it('ends with the status of a call whose message is hostile', async () => {
    const { code, out, err } = await call('test.Shared.fail', '{"count":1}')
    expect([code, out]).toEqual([64 + StatusCode.NOT_FOUND, ''])
    expect(err).not.toMatch(/(?!\n)\p{Cc}/u)
    expect(err).toMatch(/^aster: NOT_FOUND: gone.*away\n/)
    const json = await call('test.Shared.fail', '{"count":1}', '--json')
    expect(JSON.parse(json.err)).toMatchObject({
      error: { kind: 'status', status: 'NOT_FOUND', exitCode: 69, details: { why: 'no\u0007' } },
    })
  })

  it('stops at the first failure, or goes on', async () => {
    const requests = ['{"count":2}', '{"count":1}', '{"count":3}']
    const stopped = await call('test.Shared.fail', ...requests)
    expect([stopped.code, stopped.out]).toEqual([69, '{"count":2}\n'])
    expect(stopped.err).toContain('request 2: NOT_FOUND')
    const kept = await call('test.Shared.fail', ...requests, '--keep-going')
    expect([kept.code, kept.out]).toEqual([69, '{"count":2}\n{"count":3}\n'])
  })

  it('has a time limit, and is cancelled by Ctrl-C', async () => {
    expect((await call('test.Shared.wait', '{}', '--timeout', '30')).code).toBe(64 + StatusCode.DEADLINE_EXCEEDED)
    for (const more of [[], ['--concurrency', '2'], ['{}', '--concurrency', '2']]) {
      let interrupt = (): void => {}
      const isWaiting = new Promise<void>((resolve) => (waiting = resolve))
      const isOver = new Promise<void>((resolve) => (over = resolve))
      const ended = run(['call', addressOf(isDescribed), 'test.Shared.wait', '{}', ...more], {
        onInterrupt: (listener) => {
          interrupt = listener
          return () => {}
        },
      })
      await isWaiting
      interrupt()
      expect(await ended).toEqual({ code: 130, out: '', err: 'aster: interrupted\n' })
      await isOver
    }
  })

  it('sends and answers line by line, and ends with Ctrl-C while stdin is open', async () => {
    let interrupt = (): void => {}
    async function* lines(): AsyncGenerator<string> {
      yield '{"count":1}\n'
      await new Promise(() => {})
    }
    let out = ''
    const code = runCli(['call', addressOf(isDescribed), 'Kept.chat', ...kindOf('bidi-stream')], {
      stdout: {
        write: (text) => {
          out += text
          interrupt()
        },
      },
      stderr: { write: () => {} },
      stdin: lines(),
      env: LOCAL,
      cwd: place.folder,
      now: Date.now,
      onInterrupt: (listener) => {
        interrupt = listener
        return () => {}
      },
    })
    expect([await code, out]).toEqual([130, '{"count":1}\n'])
  })

  it('ends when the reader of its answers has gone', async () => {
    const stdout = new EventEmitter() as EventEmitter & { write: () => void }
    stdout.write = () => void stdout.emit('error', new Error('EPIPE'))
    async function* lines(): AsyncGenerator<string> {
      for (;;) yield '{}\n'
    }
    const io = { stdout, stderr: { write: () => {} }, stdin: lines(), env: LOCAL, cwd: place.folder, now: Date.now }
    expect(await runCli(['call', addressOf(isDescribed), 'test.Shared.same'], io)).toBe(1)
  })

  it.each([
    [['test.Shard.same'], 'offers no service test.Shard; did you mean test.Shared?'],
    [['test.Shared'], 'target: expected Service.method'],
    [['test.Shared.same', '{'], 'request: expected JSON'],
    [['test.Shared.same', '{}', '--metadata', 'x'], '--metadata: expected key=value'],
    [['test.Shared.same', '{}', '--repeat', '0'], '--repeat: expected a positive integer'],
  ])('refuses %j', async (args, message) => {
    const { code, err } = await call(...(args as [string]))
    expect([code, err]).toEqual([2, expect.stringContaining(message)])
  })
})

describe('with types', () => {
  it('checks a request before it is sent, and names the method that was meant', async () => {
    const address = addressOf(true)
    const wrong = await run(['call', address, 'test.Shared.same', '{"inner":{"text":1}}'])
    expect([wrong.code, wrong.err]).toEqual([67, expect.stringContaining('inner.text: no such field in test/Inner')])
    const near = await run(['call', address, 'test.Shared.sam', '{}'])
    expect([near.code, near.err]).toEqual([2, expect.stringContaining('did you mean same?')])
  })

  it('reads them from a file, for a producer that does not describe itself', async () => {
    const described = await run(['describe', addressOf(true), 'test.Shared', '--json'])
    place.write('types.json', described.out)
    const made = await run(['gen', 'types.json', '--out', 'types.ts'])
    expect([made.code, made.err]).toEqual([0, ''])
    expect(place.read('types.ts')).toContain("name: 'test.Shared'")
    const args = ['call', addressOf(false), 'test.Shared.count_up', '{"count":2}', '--types', 'types.json']
    expect(await run(args)).toEqual({ code: 0, err: '', out: '{"count":1}\n{"count":2}\n' })
  })
})

describe('aster describe', () => {
  it('lists methods with their types, without control characters', async () => {
    const { code, out, err } = await run(['describe', addressOf(true)])
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('service test.Shared v1  shared\n  For tests.')
    expect(out).toContain('count_up(Count) → stream Count')
    expect(out).toContain('chat(stream Count) → stream Count')
    expect(out).not.toMatch(/(?!\n)\p{Cc}/u)
  })

  it('shows one method with its types and an example that works', async () => {
    const { code, out } = await run(['describe', addressOf(true), 'test.Shared.same'])
    expect(code).toBe(0)
    expect(out).toContain('struct Thing  test/Thing')
    expect(out).toMatch(/big +int64/)
    expect(out).toContain('enum Color  test/Color')
    const [, request = ''] = /aster call \S+ test\.Shared\.same '(.*)'/.exec(out) ?? []
    expect((await run(['call', addressOf(true), 'test.Shared.same', request])).code).toBe(0)
    const json = JSON.parse((await run(['describe', addressOf(true), 'test.Shared.same', '--json'])).out) as object
    expect(json).toMatchObject({ service: 'test.Shared', method: { wireName: 'same' }, example: { color: 'red' } })
  })

  it('says what is missing without types', async () => {
    const { code, out } = await run(['describe', addressOf(false)])
    expect([code, out]).toEqual([0, expect.stringContaining('does not tell its types; pass --types')])
    const method = await run(['describe', addressOf(false), 'test.Shared.same'])
    expect([method.code, method.err]).toEqual([1, 'aster: the producer does not tell its types; pass --types\n'])
  })
})
