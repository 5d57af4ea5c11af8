import { fork, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** The processes that run, whose CPU time machine.mjs separates from that of others. */
export const running = new Set()

/** Keeps iroh on loopback and without relays, with timeouts that are longer than a step. */
const ENVIRONMENT = {
  ASTER_RELAY_MODE: 'disabled',
  ASTER_BIND_ADDR: '127.0.0.1:0',
  ASTER_LOG_LEVEL: 'error',
  // On loopback a peer counts as gone after 2 s, for which a busy machine may stop a process.
  ASTER_DEAD_PEER_MS: '30000',
  ASTER_CONNECT_TIMEOUT_MS: '60000',
  RUST_BACKTRACE: '0',
}
const START_MS = 30_000

/**
 * Starts a process of a system. Resolves when the process is ready, with its `importMs` and the functions to use it.
 *
 * @param {'server' | 'client'} role
 * @param {{ file: string, variant?: string, env?: Record<string, string>, python?: string }} program
 * @param {{ collect?: boolean }} [options] `collect`: whether garbage is collected before memory is measured
 */
export async function startChild(role, program, { collect = false } = {}) {
  const env = { ...process.env, ...ENVIRONMENT, ...program.env }
  const child = program.python ? startPython(role, program, env) : startNode(role, program, env, collect)
  running.add(child.pid)
  const waiting = new Map()
  let lastId = 0
  let ended

  const { promise: ready, resolve, reject } = withResolvers()
  child.onMessage(({ id, ready: about, error, result }) => {
    if (about) return resolve(about)
    const one = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) one?.resolve(result)
    else one?.reject(new Error(`${role}: ${error}`))
  })
  const end = (reason) => {
    running.delete(child.pid)
    ended ??= new Error(`the ${role} has ended: ${reason}`)
    reject(ended)
    for (const one of waiting.values()) one.reject(ended)
    waiting.clear()
  }
  child.process.on('error', ({ message }) => end(message))
  child.process.on('exit', (code, signal) => end(signal ?? `exit code ${code}`))
  const timer = setTimeout(() => {
    end(`it was not ready after ${START_MS / 1000} s`)
    child.process.kill('SIGKILL')
  }, START_MS)

  try {
    const { importMs } = await ready
    return {
      importMs,
      ask(command, argument) {
        if (ended) return Promise.reject(ended)
        const id = ++lastId
        const { promise, resolve, reject } = withResolvers()
        waiting.set(id, { resolve, reject })
        child.send({ id, command, argument })
        return promise
      },
      stop: () => void child.process.kill('SIGKILL'),
    }
  } finally {
    clearTimeout(timer)
  }
}

function startNode(role, { file, variant = '' }, env, collect) {
  const child = fork(fileURLToPath(new URL('./peer.mjs', import.meta.url)), [role, file, variant], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: collect ? ['--expose-gc'] : [],
    env,
  })
  return {
    process: child,
    pid: child.pid,
    onMessage: (listener) => child.on('message', listener),
    // `exit` reports the end of the process.
    send: (message) => child.send(message, () => {}),
  }
}

/** Starts a process of Python, whose messages are lines of JSON. */
function startPython(role, { python, file }, env) {
  const script = fileURLToPath(new URL(`./systems/${file}.py`, import.meta.url))
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('ASTER_')))
  const child = spawn(python, [script, role], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...own, PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1', PYTHONWARNINGS: 'ignore' },
  })
  child.stdin.on('error', () => {})
  return {
    process: child,
    pid: child.pid,
    onMessage: (listener) => createInterface(child.stdout).on('line', (line) => listener(JSON.parse(line))),
    send: (message) => child.stdin.write(`${JSON.stringify(message)}\n`),
  }
}

function withResolvers() {
  let resolve
  let reject
  const promise = new Promise((...both) => ([resolve, reject] = both))
  // The caller may ignore the answer.
  promise.catch(() => {})
  return { promise, resolve, reject }
}
