// Runs the quick start: the producer and the consumer as two processes, over iroh on 127.0.0.1.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Uses neither relay nor other interfaces, so that the demo needs no network. */
const local = { ...process.env, ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0' }

function start(name: 'producer' | 'consumer', environment: Record<string, string>): ChildProcess {
  const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url))
  return spawn(process.execPath, [file], { env: { ...local, ...environment }, stdio: ['ignore', 'pipe', 'inherit'] })
}

function print(name: string, child: ChildProcess): void {
  if (child.stdout === null) return
  createInterface(child.stdout).on('line', (line) => console.log(`${name.padEnd(8)} │ ${line}`))
}

async function exitCode(child: ChildProcess): Promise<number> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode ?? 1
}

const producer = start('producer', {})
print('producer', producer)
const address = await new Promise<string>((resolve, reject) => {
  producer.stdout?.on('data', (data: Buffer) => {
    const found = /ASTER_ENDPOINT_ADDR=(\S+)/.exec(String(data))
    if (found?.[1] !== undefined) resolve(found[1])
  })
  producer.once('exit', (code) => reject(new Error(`the producer ended with ${code} before it printed its address`)))
})

const consumer = start('consumer', { ASTER_ENDPOINT_ADDR: address })
print('consumer', consumer)
const consumed = await exitCode(consumer)
// The producer drains and ends, as with a service manager or Ctrl-C.
producer.kill('SIGTERM')
const produced = await exitCode(producer)
console.log(`\nconsumer ended with ${consumed}, producer with ${produced}`)
process.exitCode = consumed === 0 && produced === 0 ? 0 : 1
