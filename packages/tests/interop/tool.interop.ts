// The tool against a running Python producer and ours: every kind of method, with types (XLANG) and without (JSON), of shared
// and session services.
import { fileURLToPath } from 'node:url'
import { runCli } from '@aster/cli'
import type { AsterServer } from '@aster/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startOurProducer } from './our-producer.ts'
import { type PythonProducer, startProducer } from './python-producer.ts'

const LOCAL = { ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0' }
const TYPES = ['--types', 'services', '--python', process.env['ASTER_PYTHON'] ?? 'python3']
/** The folder of `services.py`. */
const cwd = fileURLToPath(new URL('.', import.meta.url))

let python: PythonProducer
let ours: readonly AsterServer[]
beforeAll(async () => {
  python = await startProducer()
  ours = [await startOurProducer({ reflection: true }), await startOurProducer()]
})
afterAll(async () => {
  for (const server of ours) await server.close()
  await python.stop()
})

async function aster(...args: readonly string[]): Promise<{ code: number; out: unknown[]; err: string }> {
  let [out, err] = ['', '']
  const stdout = { write: (text: string) => (out += text) }
  const stderr = { write: (text: string) => (err += text) }
  const code = await runCli(args, { stdout, stderr, env: LOCAL, cwd, now: Date.now })
  const lines = out.split('\n').filter((line) => line !== '')
  return { code, out: args[0] === 'call' ? lines.map((line) => JSON.parse(line) as unknown) : [out], err }
}

const answers = (text: string, ...counts: readonly number[]) => ({
  code: 0,
  err: '',
  out: counts.map((count) => ({ text, count })),
})

const sides: readonly (readonly [name: string, address: () => string, types: readonly string[], isTyped: boolean])[] = [
  ['Python, with types of its module', () => python.ticket, TYPES, true],
  ['Python, without types', () => python.ticket, [], false],
  ['our producer, which describes itself', () => ours[0]?.address ?? '', [], true],
  ['our producer, without types', () => ours[1]?.address ?? '', [], false],
]

describe.each(sides)('the tool against %s', (_name, address, types, isTyped) => {
  const call = (target: string, kind: string, ...requests: readonly string[]) =>
    aster('call', address(), target, ...requests, ...types, ...(isTyped ? [] : ['--kind', kind]))

  it('calls every kind of method of a shared service', async () => {
    expect(await call('Interop.say', 'unary', '{"text":"a","count":3}')).toEqual(answers('hello a', 3))
    const up = await call('Interop.count_up', 'server-stream', '{"text":"n","count":3}')
    expect([up.code, up.err, up.out.length]).toEqual([0, '', 3])
    const sum = await call('Interop.add_up', 'client-stream', '{"count":3}', '{"count":4}')
    expect(sum).toMatchObject({ code: 0, err: '', out: [{ count: 7 }] })
    const chat = await call('Interop.chat', 'bidi-stream', '{"text":"x","count":1}', '{"text":"y","count":2}')
    expect([chat.code, chat.err, chat.out.length]).toEqual([0, '', 2])
  })

  it('calls every kind of method of a session', async () => {
    const add = await call('Counter.add', 'unary', '{"count":3}', '{"count":4}')
    expect(add).toEqual(answers('total', 3, 7))
    const history = await call('Counter.history', 'server-stream', '{"count":2}')
    expect(history).toEqual(answers('h', 0, 1))
    const sum = await call('Counter.add_all', 'client-stream', '{"count":3}', '{"count":4}')
    expect(sum).toMatchObject({ code: 0, err: '', out: [{ count: 7 }] })
    const chat = await call('Counter.chat', 'bidi-stream', '{"text":"x","count":1}')
    expect([chat.code, chat.err, chat.out.length]).toEqual([0, '', 1])
  })

  it('describes, pings and measures', async () => {
    const described = await aster('describe', address(), ...(isTyped ? ['Interop.say', ...types] : []))
    expect(described).toMatchObject({ code: 0, err: '', out: [expect.stringContaining('Interop')] })
    if (isTyped) expect(described.out[0]).toContain('aster call ')
    expect((await aster('ping', address(), '--count', '2', '--interval', '0')).code).toBe(0)
    const bench = await aster(
      'bench',
      address(),
      'Interop.say',
      '--requests',
      '20',
      '--warmup',
      '0',
      '--json',
      ...types,
    )
    expect(bench).toMatchObject({ code: 0, err: '' })
    expect((await aster('doctor', address())).code).toBe(0)
  })

  it('is asked for definitions', async () => {
    const made = await aster('gen', address(), 'Interop', 'Counter')
    if (address() !== ours[0]?.address)
      expect(made).toMatchObject({ code: 1, err: expect.stringContaining('does not describe its services') })
    else
      expect(made).toMatchObject({ code: 0, err: '', out: [expect.stringContaining('export const Counter = define')] })
  })

  it.runIf(isTyped)('checks requests before they are sent', async () => {
    const { code, err } = await call('Interop.say', 'unary', '{"text":1}')
    expect([code, err]).toEqual([67, expect.stringContaining('text: expected a string')])
  })
})
