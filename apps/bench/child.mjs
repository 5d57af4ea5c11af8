import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * Starts a process of a system and gives a way to ask it. Iroh stays on loopback and asks no relay.
 *
 * @param {'server' | 'client'} role
 * @param {string} system
 */
export async function startChild(role, system) {
  const child = fork(fileURLToPath(new URL('./peer.mjs', import.meta.url)), [role, system], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0', RUST_BACKTRACE: '0' },
  })
  const waiting = new Map()
  let lastId = 0
  let ended
  const ready = new Promise((resolve, reject) => {
    child.on('message', ({ id, ready: about, error, result }) => {
      if (about) return resolve(about)
      const { resolve: done, reject: fail } = waiting.get(id)
      waiting.delete(id)
      if (error === undefined) done(result)
      else fail(new Error(`${system} ${role}: ${error}`))
    })
    child.on('exit', (code, signal) => {
      ended = new Error(`${system} ${role} ended: ${signal ?? `exit code ${code}`}`)
      reject(ended)
      for (const { reject: fail } of waiting.values()) fail(ended)
    })
  })

  return {
    ...(await ready),
    ask(command, argument) {
      if (ended) return Promise.reject(ended)
      const id = ++lastId
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        child.send({ id, command, argument })
      })
    },
    stop: () => void child.kill('SIGKILL'),
  }
}
