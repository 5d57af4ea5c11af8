import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set()

export async function stopPrograms() {
  await Promise.all([...running].map(kill))
}

export function startProgram(name, argument = {}, { host, env = {} } = {}) {
  const flags = ['--expose-gc']
  const child = fork(fileURLToPath(new URL(name, import.meta.url)), [JSON.stringify(argument)], {
    ...(host === undefined
      ? { execArgv: flags }
      : { execPath: 'nsenter', execArgv: [`--net=/run/netns/${host}`, process.execPath, ...flags] }),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: {
      ...process.env,
      ASTER_RELAY_MODE: 'disabled',
      ASTER_BIND_ADDR: '127.0.0.1:0',
      NODE_OPTIONS: '',
      NODE_NO_WARNINGS: '1',
      ...env,
    },
  })
  running.add(child)
  let last = 0
  /** The questions that have not been answered, by their number. */
  const waiting = new Map()
  child.on('message', ({ id, result, error }) => {
    const question = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) question?.resolve(result)
    else question?.reject(new Error(error))
  })
  child.once('exit', (code, signal) => {
    running.delete(child)
    for (const { reject } of waiting.values()) reject(new Error(`${name} ended: ${signal ?? `code ${code}`}`))
    waiting.clear()
  })
  return {
    pid: child.pid ?? 0,
    ask: (command, argument) =>
      new Promise((resolve, reject) => {
        if (child.exitCode !== null || child.signalCode !== null) return reject(new Error(`${name} has ended`))
        const id = ++last
        waiting.set(id, { resolve, reject })
        child.send({ id, command, argument })
      }),
    signal: (name) => void child.kill(name),
    stop: () => kill(child),
  }
}

async function kill(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
