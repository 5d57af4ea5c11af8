import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach } from 'vitest'

// The tests write to /proc and /etc, which must be those of the router.
if (process.env['ASTER_TEST_RELAY'] === undefined) throw new Error('these tests are run by `pnpm relay`')

/** The URL of the relay, at an address of the router that both hosts reach. */
export const RELAY_URL = 'http://10.7.0.1:3340/'
const RELAY_PORT = 3340

const running = new Set<ChildProcess>()
const folders: string[] = []

afterEach(async () => {
  forward(false)
  // The next relay needs the port of this one, so wait for the end.
  await Promise.all([...running].map(kill))
  running.clear()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** Allows packets from host to host, or only to the router. */
export function forward(on: boolean): void {
  writeFileSync('/proc/sys/net/ipv4/ip_forward', on ? '1' : '0')
}

/** A running relay. */
export interface Relay {
  stop(): Promise<void>
}

/** Starts the relay, which demands `token` if there is one. Resolves when the relay accepts connections. */
export async function startRelay({ token }: { token?: string } = {}): Promise<Relay> {
  const args = token === undefined ? [] : ['--config-path', configFile(`access.shared_token = ["${token}"]\n`)]
  const child = spawn(process.env['ASTER_TEST_RELAY'] as string, ['--dev', ...args], { stdio: 'ignore' })
  running.add(child)
  while (!(await isListening())) {
    if (child.exitCode !== null) throw new Error(`the relay ended with code ${child.exitCode}`)
    await pause(50)
  }
  return { stop: () => kill(child) }
}

function configFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'aster-relay-'))
  folders.push(folder)
  const path = join(folder, 'relay.toml')
  writeFileSync(path, text)
  return path
}

function isListening(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(RELAY_PORT, '10.7.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** A program of this folder on one of the hosts. It answers each question with one message. */
export interface HostProcess {
  readonly ask: (command: string, argument?: unknown) => Promise<unknown>
  readonly stop: () => Promise<void>
}

/**
 * Starts a program of this folder, from the built packages, on a host.
 *
 * @param env settings of the program; without a relay mode, the relay of these tests is used
 */
export function startOn(
  host: 'producer' | 'consumer',
  program: string,
  env: Readonly<Record<string, string>> = {},
): HostProcess {
  const child = fork(fileURLToPath(new URL(program, import.meta.url)), [], {
    execPath: 'nsenter',
    execArgv: [`--net=/run/netns/${host}`, process.execPath],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ASTER_RELAY_MODE: RELAY_URL, TOKIO_WORKER_THREADS: '1', NODE_OPTIONS: '', ...env },
  })
  running.add(child)
  let last = 0
  const ended = new Promise<string>((resolve) =>
    child.once('exit', (code, signal) => resolve(`${program} ended: ${signal ?? `code ${code}`}`)),
  )
  return {
    ask(command, argument) {
      const id = ++last
      return new Promise((resolve, reject) => {
        const listen = (message: { id: number; result?: unknown; error?: string }): void => {
          if (message.id !== id) return
          child.off('message', listen)
          if (message.error === undefined) resolve(message.result)
          else reject(new Error(message.error))
        }
        child.on('message', listen)
        void ended.then((how) => reject(new Error(how)))
        child.send({ id, command, argument })
      })
    },
    stop: () => kill(child),
  }
}

/** Polls `look` until its result is wanted, and resolves with the result. */
export async function until<T>(look: () => Promise<T>, isWanted: (found: T) => boolean): Promise<T> {
  for (;;) {
    const found = await look()
    if (isWanted(found)) return found
    await pause(100)
  }
}
