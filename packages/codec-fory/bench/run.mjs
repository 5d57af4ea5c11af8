// node packages/codec-fory/bench/run.mjs [case …]      needs `pnpm build` first
import { cases } from './cases.mjs'
import { contenders } from './contenders.mjs'

const ROUNDS = 7
const ROUND_MS = 120
const WARM_UP_MS = 400

let sink

/** Nanoseconds of one call, over about `ms` milliseconds. */
function time(run, ms) {
  let calls = 0
  let batch = 1
  const start = process.hrtime.bigint()
  let spent = 0
  while (spent < ms * 1e6) {
    for (let i = 0; i < batch; i++) sink = run()
    calls += batch
    batch = Math.min(batch * 2, 4096)
    spent = Number(process.hrtime.bigint() - start)
    if (spent / calls > ms * 1e5) batch = 1
  }
  return spent / calls
}

const format = (ns) => (ns < 10_000 ? `${ns.toFixed(0)} ns` : ns < 10_000_000 ? `${(ns / 1000).toFixed(1)} µs` : `${(ns / 1e6).toFixed(1)} ms`)

const chosen = process.argv.slice(2)
for (const each of cases.filter(({ name }) => chosen.length === 0 || chosen.includes(name))) {
  const ready = Object.entries(contenders).map(([name, make]) => {
    const { encode, decode } = make(each)
    const bytes = encode()
    return { name, size: bytes.length, encode, decode: () => decode(bytes), encodeNs: [], decodeNs: [] }
  })
  for (const one of ready) {
    time(one.encode, WARM_UP_MS)
    time(one.decode, WARM_UP_MS)
  }
  // In turns, so that a slow moment of the machine hits everyone.
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of ready) {
      one.encodeNs.push(time(one.encode, ROUND_MS))
      one.decodeNs.push(time(one.decode, ROUND_MS))
    }
  }
  const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1]
  console.log(`\n${each.name} (${each.message})`)
  console.table(
    Object.fromEntries(
      ready.map(({ name, size, encodeNs, decodeNs }) => [
        name,
        { bytes: size, encode: format(median(encodeNs)), decode: format(median(decodeNs)) },
      ]),
    ),
  )
}
if (sink === undefined) process.exitCode = 1
