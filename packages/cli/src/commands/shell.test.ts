import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { AsterConfig } from '@aster/config'
import { AsterServer, defineService, implement, t, unary } from '@aster/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Workplace } from '../../test/cli.ts'
import { runCli } from '../index.ts'

/** Keeps all traffic on this machine. */
const LOCAL = { ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0' }

let place: Workplace
beforeEach(() => void (place = new Workplace()))
afterEach(() => place[Symbol.dispose]())

/** Runs the demo shell with the lines as its input. */
function shell(...lines: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return shellOf(['--demo'], lines)
}

async function shellOf(args: readonly string[], lines: readonly string[]) {
  const stdin = new PassThrough()
  const stdout = new PassThrough({ encoding: 'utf8' })
  let [out, err] = ['', '']
  stdout.on('data', (text: string) => (out += text))
  stdin.end(`${lines.join('\n')}\n`)
  const stderr = { write: (text: string) => (err += text) }
  const code = await runCli(['shell', ...args], { stdin, stdout, stderr, env: LOCAL, cwd: place.folder, now: Date.now })
  return { code, out, err }
}

describe('aster shell', () => {
  it('calls a running producer', async () => {
    const Text = t.struct('test/Text', { text: t.string })
    const Echo = defineService({ name: 'Echo', methods: { echo: unary(Text, Text) } })
    await using server = new AsterServer({
      services: [implement(Echo, { echo: (one) => one })],
      config: AsterConfig.fromEnv(LOCAL),
      allowAllConsumers: true,
      reflection: true,
      logger: false,
    })
    await server.start()
    expect(await shellOf([server.address], ['Echo.echo {"text": "a"}', 'exit'])).toEqual({
      code: 0,
      err: '',
      out: '{"text":"a"}\n',
    })
  })

  it('has no JSON but its answers, and says so', async () => {
    const { code, out, err } = await place.run(['shell', '--demo', '--json'])
    expect([code, out]).toEqual([2, ''])
    expect(JSON.parse(err)).toMatchObject({
      error: { kind: 'usage', message: expect.stringContaining('use aster call') },
    })
  })

  it('calls every kind of method of a pipe', async () => {
    expect(
      await shell(
        '# a comment',
        'Hello.say_hello {"name": "Ada", "mood": "cheerful"}',
        'use Hello',
        'say_hello',
        'count_up {"count": 2}',
        'add_up {"count": 1}',
        '{"count": 2}',
        '.end',
        'chat',
        '{"name": "Bob"}',
        '{"name": "Eve",',
        '"times": 2}',
        '.end',
        'say_hello {"name":',
        '  "over two lines"}',
      ),
    ).toEqual({
      code: 0,
      err: '',
      out: [
        '{"message":"Hooray, Ada!"}',
        '{"message":"Hello, World!"}',
        '{"count":1}',
        '{"count":2}',
        '{"count":3}',
        '{"message":"Hello, Bob!"}',
        '{"message":"Hello, Eve! Hello, Eve!"}',
        '{"message":"Hello, over two lines!"}',
        '',
      ].join('\n'),
    })
  })

  it('keeps a session in use, and none beside it', async () => {
    const { out } = await shell(
      'use Counter',
      'add {"count": 1} {"count": 2}',
      'total',
      'use',
      'Counter.total',
      'use Counter',
      'total',
    )
    expect(out.trim().split('\n')).toEqual([1, 3, 3, 0, 0].map((count) => `{"count":${count}}`))
  })

  it('tells of mistakes, and goes on', async () => {
    const { code, out } = await shell(
      'Hello.say_helo',
      'Helo.say_hello',
      'Hello.say_hello {"nam": 1}',
      'Hello.say_hello {"mood": "sad"}',
      'Hello.say_hello {,}',
      'set speed 1',
      'Hello',
      'Hello.say_hello',
    )
    expect(code).toBe(0)
    const lines = out.trim().split('\n')
    expect(lines).toEqual([
      'service Hello has no method say_helo; did you mean say_hello?',
      'the producer offers no service Helo; did you mean Hello?',
      'INVALID_ARGUMENT: nam: no such field in demo/HelloRequest',
      expect.stringContaining('INVALID_ARGUMENT: mood: expected one of "calm", "cheerful", "grumpy"'),
      expect.stringContaining('request: expected JSON'),
      'set: expected timeout MS, or metadata KEY=VALUE',
      'expected Hello.method, or use Hello',
      '{"message":"Hello, World!"}',
    ])
  })

  it('tells what there is', async () => {
    const { out } = await shell('services', 'describe Hello', 'describe Hello.say_hello', 'help', 'exit', 'services')
    expect(out).toContain('service Hello v1  shared')
    expect(out).toContain('say_hello(HelloRequest) → HelloResponse')
    expect(out).toContain('Hello.say_hello {"name":"","mood":"calm","times":1}')
    expect(out).toContain('set timeout MS')
    expect(out.match(/service Counter v1/g)).toHaveLength(1)
  })

  it('has no address beside --demo', async () => {
    expect((await place.run(['shell', 'x', '--demo'])).code).toBe(2)
  })
})

/** A terminal of a test, with its keyboard and its screen. */
class Screen {
  readonly stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} })
  readonly stdout = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true, columns: 100 })
  #text = ''
  #seen = 0
  #look = (): void => {}

  constructor() {
    this.stdout.on('data', (text: string) => {
      this.#text += text
      this.#look()
    })
  }

  type(keys: string): void {
    this.stdin.write(keys)
  }

  /** Resolves when the terminal shows a text after that of the call before. */
  async shows(wanted: string): Promise<void> {
    for (;;) {
      // oxlint-disable-next-line no-control-regex -- how a terminal moves its cursor
      const plain = this.#text.replace(/\u001b\[[\d;]*[A-Za-z]/g, '')
      const at = plain.indexOf(wanted, this.#seen)
      if (at >= 0) {
        this.#seen = at + wanted.length
        return
      }
      await new Promise<void>((resolve) => (this.#look = resolve))
    }
  }
}

describe('aster shell on a terminal', () => {
  it('completes, takes back, holds a conversation, and keeps its lines', async () => {
    const screen = new Screen()
    const home = place.path('home')
    const io = { stdin: screen.stdin, stdout: screen.stdout, stderr: { write: () => {} } }
    const env = { HOME: home, TERM: 'xterm', NO_COLOR: '1' }
    const ended = runCli(['shell', '--demo'], { ...io, env, cwd: place.folder, now: Date.now })
    await screen.shows('aster> ')
    screen.type('Hello.s\t')
    await screen.shows('ay_hello ')
    screen.type('{"mo\t')
    await screen.shows('od": ')
    // A tab in the middle of a larger piece of input counts as pasted.
    screen.type('"ch\t')
    await screen.shows('eerful"')
    screen.type('}\r')
    await screen.shows('{"message":"Hooray, World!"}')
    await screen.shows('aster> ')
    // Ctrl-C drops a request that continues over several lines.
    screen.type('Hello.say_hello {\r')
    await screen.shows('... ')
    screen.type('\u0003')
    await screen.shows('aster> ')
    screen.type('use Counter\r')
    await screen.shows('Counter (session)> ')
    screen.type('add {"count": 2}\r')
    await screen.shows('{"count":2}')
    await screen.shows('Counter (session)> ')
    screen.type('Hello.chat\r')
    await screen.shows('chat> ')
    screen.type('{"name": "Bob"}\r')
    await screen.shows('{"message":"Hello, Bob!"}')
    // Ctrl-D ends the conversation, and then the shell; Ctrl-C cancels a call.
    screen.type('\u0004')
    await screen.shows('Counter (session)> ')
    screen.type('Hello.chat\r')
    await screen.shows('chat> ')
    screen.type('{}\r')
    await screen.shows('{"message":"Hello, World!"}')
    screen.type('\u0003')
    await screen.shows('CANCELLED')
    await screen.shows('Counter (session)> ')
    screen.type('\u0004')
    expect(await ended).toBe(0)
    const file = join(home, '.local/state/aster/history')
    expect(readFileSync(file, 'utf8').split('\n')).toContain('Hello.say_hello {"mood": "cheerful"}')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })
})
