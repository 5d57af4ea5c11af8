// Runs one target. scripts/fuzz.mjs bundles, instruments, starts and watches this file.
import { parentPort, workerData } from 'node:worker_threads'
import { fuzz } from './engine/fuzzer.ts'
import { targets } from './targets/index.ts'

interface Job {
  readonly name: string
  readonly seed: number
  readonly seconds: number
  readonly corpus: readonly Uint8Array[]
  /** The number of inputs so far, the length of the input that runs, and the input itself. */
  readonly current: SharedArrayBuffer
}

// The stacks of expected errors would take most of the time.
Error.stackTraceLimit = 4
if (workerData === null) {
  parentPort?.postMessage(targets.map(({ name }) => name))
} else {
  const { name, seed, seconds, corpus, current } = workerData as Job
  const target = targets.find((one) => one.name === name)
  if (target === undefined) throw new Error(`no target ${name}`)
  const counters = new Int32Array(current, 0, 2)
  const bytes = new Uint8Array(current, 8)
  const before = (input: Uint8Array): void => {
    bytes.set(input.subarray(0, bytes.length))
    counters[1] = input.length
    Atomics.add(counters, 0, 1)
  }
  const result = await fuzz(target, { seed, until: Date.now() + seconds * 1000, corpus, before })
  parentPort?.postMessage(result)
}
