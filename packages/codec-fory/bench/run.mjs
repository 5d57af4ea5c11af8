// node packages/codec-fory/bench/run.mjs [--quick] [case …]      needs `pnpm build` first; `--quick` only checks that it
// runs
import { cases } from './cases.mjs'
import { contenders } from './contenders.mjs'

const quick = process.argv.includes('--quick')
const ROUNDS = quick ? 1 : 25
const ROUND_MS = quick ? 5 : 30
const WARM_UP_MS = quick ? 5 : 400

let sink

/** Returns the nanoseconds of one call, measured over about `ms` milliseconds. */
function time(run, ms) {
  let calls = 0
  let batch = 1
  const start = performance.now()
  let spent = 0
  while (spent < ms * 1e6) {
    for (let i = 0; i < batch; i++) sink = run()
    calls += batch
    batch = Math.min(batch * 2, 4096)
    spent = (performance.now() - start) * 1e6
    if (spent / calls > ms * 1e5) batch = 1
  }
  return spent / calls
}

const format = (ns) =>
  ns < 10_000 ? `${ns.toFixed(0)} ns` : ns < 10_000_000 ? `${(ns / 1000).toFixed(1)} µs` : `${(ns / 1e6).toFixed(1)} ms`

const chosen = process.argv.slice(2).filter((argument) => argument !== '--quick')
for (const each of cases.filter(({ name }) => chosen.length === 0 || chosen.includes(name))) {
  const ready = Object.entries(contenders).flatMap(([name, make]) => {
    const made = make(each)
    if (made === undefined) return []
    const { encode, decode } = made
    const bytes = encode()
    return { name, size: bytes.length, encode, decode: () => decode(bytes), encodeNs: [], decodeNs: [] }
  })
  for (const one of ready) {
    time(one.encode, WARM_UP_MS)
    time(one.decode, WARM_UP_MS)
  }
  // The contenders alternate, and the best round of each counts, so that other work on the machine matters less.
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of ready) {
      one.encodeNs.push(time(one.encode, ROUND_MS))
      one.decodeNs.push(time(one.decode, ROUND_MS))
    }
  }
  console.log(`\n${each.name} (${each.message})`)
  console.table(
    Object.fromEntries(
      ready.map(({ name, size, encodeNs, decodeNs }) => [
        name,
        { bytes: size, encode: format(Math.min(...encodeNs)), decode: format(Math.min(...decodeNs)) },
      ]),
    ),
  )
}
if (sink === undefined) process.exitCode = 1
