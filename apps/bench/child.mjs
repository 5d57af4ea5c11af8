import { fork, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Processes that run now: machine.mjs tells their CPU time from that of others. */
export const running = new Set()

/** Iroh stays on loopback and asks no relay, and nothing is given up before the step is. */
const ENVIRONMENT = {
  ASTER_RELAY_MODE: 'disabled',
  ASTER_BIND_ADDR: '127.0.0.1:0',
  ASTER_LOG_LEVEL: 'error',
  // On loopback a peer counts as gone after 2 s: a machine in use may let a process wait for that long.
  ASTER_DEAD_PEER_MS: '30000',
  ASTER_CONNECT_TIMEOUT_MS: '60000',
  RUST_BACKTRACE: '0',
}
const START_MS = 30_000

/**
 * Starts a process of a system. Returns, once it is ready, its `importMs` and the ways to use it.
 *
 * @param {'server' | 'client'} role
 * @param {{ file: string, variant?: string, env?: Record<string, string>, python?: string }} program
 * @param {{ collect?: boolean }} [options] `collect`: memory is collected before it is measured
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
    // The end of the process is reported by `exit`.
    send: (message) => child.send(message, () => {}),
  }
}

/** Its messages are lines of JSON. */
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
  // Whether it is awaited is up to the asker.
  promise.catch(() => {})
  return { promise, resolve, reject }
}
