// Programs as service managers run them: without stdin, ended by a signal, with the log on stderr.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { AsterClient, AsterConfig, bidiStream, defineService, t, unary } from '@aster/client'
import { afterEach, describe, expect, it } from 'vitest'

const Text = t.struct('programs/Text', { text: t.string })
const Talk = defineService({ name: 'Talk', methods: { chat: bidiStream(Text, Text), say: unary(Text, Text) } })

const local = { ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0' }

interface ProgramOptions {
  readonly args?: readonly string[]
  /** A pipe that the test reads, or a file descriptor. */
  readonly stderr?: 'pipe' | number
}

class Program {
  readonly #child: ChildProcess
  readonly #exit: Promise<readonly unknown[]>
  out = ''
  err = ''

  constructor(
    name: string,
    env: Readonly<Record<string, string>> = {},
    { args = [], stderr = 'pipe' }: ProgramOptions = {},
  ) {
    const file = fileURLToPath(new URL(`../fixtures/${name}.mjs`, import.meta.url))
    const child = spawn(process.execPath, [file, ...args], {
      env: { ...local, ...env },
      stdio: ['ignore', 'pipe', stderr],
    })
    programs.push(child)
    child.stdout?.setEncoding('utf8').on('data', (text) => (this.out += String(text)))
    child.stderr?.setEncoding('utf8').on('data', (text) => (this.err += String(text)))
    this.#child = child
    this.#exit = once(child, 'close')
  }

  async line(): Promise<string> {
    await expect.poll(() => this.out).toContain('\n')
    return this.out.trim()
  }

  /** Closes the reading end of its stderr. */
  closeStderr(): void {
    this.#child.stderr?.destroy()
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Resolves with the code or the signal with which it ended. */
  async ended(): Promise<unknown> {
    const [code, signal] = await this.#exit
    return code ?? signal
  }

  get log(): readonly Record<string, unknown>[] {
    const lines = this.err.split('\n').filter((line) => line !== '')
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  }
}

const programs: ChildProcess[] = []
const clients: AsterClient[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
  for (const child of programs.splice(0)) child.kill('SIGKILL')
})

async function connect(endpointAddr: string): Promise<AsterClient> {
  const config = AsterConfig.from({ relayMode: 'disabled', bindAddr: '127.0.0.1:0' })
  const client = await AsterClient.connect({ config, endpointAddr, identityFile: false, logger: false })
  clients.push(client)
  return client
}

describe('a producer with signals: true', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('runs without stdin, and drains on %s', async (signal) => {
    const producer = new Program('talk-producer')
    const talk = await (await connect(await producer.line())).client(Talk)
    const chat = talk.chat()
    await chat.send({ text: 'before' })
    expect(await chat.recv()).toEqual({ text: 'before' })
    producer.signal(signal)
    const refused = async (): Promise<unknown> =>
      talk.say({ text: 'new' }).catch((error: { codeName?: string }) => error.codeName)
    await expect.poll(refused).toBe('UNAVAILABLE')
    await chat.send({ text: 'after' })
    expect(await chat.recv()).toEqual({ text: 'after' })
    chat.finish()
    expect(await chat.recv()).toBeUndefined()
    expect(await producer.ended()).toBe(0)
  })

  it('ends at once after a second signal', async () => {
    const producer = new Program('talk-producer')
    const talk = await (await connect(await producer.line())).client(Talk)
    const chat = talk.chat()
    await chat.send({ text: 'before' })
    await chat.recv()
    producer.signal('SIGTERM')
    const refused = async (): Promise<unknown> =>
      talk.say({ text: 'new' }).catch((error: { codeName?: string }) => error.codeName)
    await expect.poll(refused).toBe('UNAVAILABLE')
    producer.signal('SIGINT')
    expect(await producer.ended()).toBe('SIGINT')
    await chat.recv().catch(() => {})
  })
})

describe('the log on stderr', () => {
  it('has one line of a healthy producer, and none of a healthy consumer', async () => {
    const producer = new Program('talk-producer', { ASTER_LOG_FORMAT: 'json' })
    const address = await producer.line()
    const consumer = new Program('talk-consumer', { ASTER_ENDPOINT_ADDR: address }, { args: ['hello', 'again'] })
    expect(await consumer.ended()).toBe(0)
    expect([consumer.out, consumer.err]).toEqual(['hello\nagain\n', ''])
    producer.signal('SIGTERM')
    expect(await producer.ended()).toBe(0)
    expect(producer.log).toMatchObject([
      { level: 'info', logger: 'aster.server', msg: 'the server has started', services: ['Talk v1'] },
    ])
  })

  it('has every admission with ASTER_LOG_LEVEL=debug, and nothing with error', async () => {
    const [debug, error] = ['debug', 'error'].map(
      (level) => new Program('talk-producer', { ASTER_LOG_FORMAT: 'json', ASTER_LOG_LEVEL: level }),
    ) as [Program, Program]
    for (const producer of [debug, error]) {
      const consumer = new Program('talk-consumer', { ASTER_ENDPOINT_ADDR: await producer.line() })
      expect(await consumer.ended()).toBe(0)
      producer.signal('SIGTERM')
      expect(await producer.ended()).toBe(0)
    }
    expect(debug.log.map(({ msg }) => msg)).toContain('consumer admitted')
    expect(error.err).toBe('')
  })

  it('has the exception of a handler with its stack, and no secret', async () => {
    const key = Buffer.alloc(32, 7).toString('base64')
    const producer = new Program('talk-producer', { ASTER_SECRET_KEY: key, ASTER_LOG_MASK: 'false' })
    const consumer = new Program('talk-consumer', { ASTER_ENDPOINT_ADDR: await producer.line() }, { args: ['bug'] })
    expect(await consumer.ended()).toBe(1)
    producer.signal('SIGTERM')
    expect(await producer.ended()).toBe(0)
    expect(producer.err).toMatch(
      / ERROR {3}aster\.server -- a handler failed \[.*call=.*\]\n {4}TypeError: no such thing.*\n {4} +at /,
    )
    expect(producer.err).not.toContain(key.slice(4, 20))
  })

  it('loses no line of a program that ends at once', async () => {
    const program = new Program('log-and-exit')
    expect(await program.ended()).toBe(3)
    expect(program.err).toMatch(
      /^\S+ WARNING aster\.server -- "ASTER_SOMETHING_ELSE" is not known to Aster, and is ignored\n$/,
    )
  })

  it.runIf(process.platform === 'linux').each(['closed', 'full'])(
    'may be %s without ending the program',
    async (what) => {
      const full = openSync('/dev/full', 'w')
      const producer = new Program('talk-producer', {}, what === 'full' ? { stderr: full } : {})
      const talk = await (await connect(await producer.line())).client(Talk)
      producer.closeStderr()
      for (let i = 0; i < 3; i++) {
        await expect(talk.say({ text: 'bug' })).rejects.toMatchObject({ codeName: 'UNKNOWN' })
        expect(await talk.say({ text: 'on' })).toEqual({ text: 'on' })
      }
      producer.signal('SIGTERM')
      expect(await producer.ended()).toBe(0)
      closeSync(full)
    },
  )
})
