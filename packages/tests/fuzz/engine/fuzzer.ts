import { Coverage } from './coverage.ts'
import { expectCleanPrototypes } from './expect-error.ts'
import { mutate, shrink } from './mutate.ts'
import { Random } from './random.ts'
import { bytesOf, type Target, textOf } from './target.ts'

export interface FuzzOptions {
  readonly seed: number
  /** The end of the run, in milliseconds since the epoch. */
  readonly until: number
  /** The inputs that earlier runs found. */
  readonly corpus: readonly Uint8Array[]
  /** Called with each input before it runs, so that an input that never ends is known. */
  readonly before: (input: Uint8Array) => void
}

export interface Finding {
  readonly input: Uint8Array
  readonly message: string
}

export interface FuzzResult {
  readonly inputs: number
  readonly blocks: number
  /** The inputs that reached new code. */
  readonly found: readonly Uint8Array[]
  readonly findings: readonly Finding[]
  readonly slowest: { readonly ms: number; readonly input: Uint8Array }
  readonly maxRssMiB: number
}

const MAX_FINDINGS = 10
const MAX_CORPUS = 4000

/** Runs a target on changed inputs, and keeps the inputs that reach new code. */
export async function fuzz(target: Target, options: FuzzOptions): Promise<FuzzResult> {
  const { seed, until, before } = options
  const random = new Random(seed)
  const coverage = new Coverage()
  const findings = new Map<string, Finding>()
  const seeds = [...target.seeds(), ...options.corpus]
  const corpus: Uint8Array[] = []
  const found: Uint8Array[] = []
  const material = { corpus, tokens: tokensOf(target, seeds), maxLength: target.maxLength ?? 4096 }
  let inputs = 0
  let slowest: FuzzResult['slowest'] = { ms: 0, input: new Uint8Array(0) }
  let maxRss = 0

  /** Returns the defect that an input shows. */
  const failureOf = async (input: Uint8Array): Promise<string | undefined> => {
    before(input)
    try {
      const running = target.run(input)
      if (running !== undefined) await running
      expectCleanPrototypes()
      return undefined
    } catch (error) {
      return describe(error)
    }
  }
  const run = async (input: Uint8Array): Promise<boolean> => {
    inputs++
    coverage.start()
    const start = performance.now()
    const failure = await failureOf(input)
    const ms = performance.now() - start
    const isNew = coverage.isNew()
    // Measures once more, in processor time: the machine may have been busy.
    if (ms > slowest.ms && ms > 5) {
      const before = process.cpuUsage()
      await failureOf(input)
      const { user, system } = process.cpuUsage(before)
      const least = Math.min(ms, (user + system) / 1000)
      if (least > slowest.ms) slowest = { ms: least, input }
    }
    if (failure !== undefined) {
      const key = kindOf(failure)
      if (!findings.has(key)) {
        findings.set(key, { input, message: failure })
        const short = await shrink(input, async (one) => kindOf((await failureOf(one)) ?? '') === key)
        findings.set(key, { input: short, message: (await failureOf(short)) ?? failure })
      }
    }
    if ((inputs & 1023) === 0) maxRss = Math.max(maxRss, process.memoryUsage.rss())
    return isNew
  }

  for (const input of seeds) if (await run(input)) corpus.push(input)
  if (corpus.length === 0) corpus.push(new Uint8Array(0))
  const inherited = corpus.length
  for (let i = 0; findings.size < MAX_FINDINGS; i++) {
    if ((i & 31) === 0 && Date.now() > until) break
    // Prefers a recent find half of the time.
    const recent = Math.min(corpus.length, 32)
    const parent =
      corpus[random.below(2) === 0 ? random.below(corpus.length) : corpus.length - 1 - random.below(recent)]
    const input = mutate(parent ?? new Uint8Array(0), random, material)
    if ((await run(input)) && corpus.length < MAX_CORPUS) corpus.push(input)
    // Lets timers and other events run.
    if ((i & 4095) === 4095) await new Promise((resolve) => setImmediate(resolve))
  }
  found.push(...corpus.slice(inherited))
  return {
    inputs,
    blocks: coverage.blocks,
    found,
    findings: [...findings.values()],
    slowest,
    maxRssMiB: Math.round(maxRss / 2 ** 20),
  }
}

/** Returns the words of the format: those of the target, and those of the seeds. */
function tokensOf(target: Target, seeds: readonly Uint8Array[]): Uint8Array[] {
  const words = new Set(target.tokens)
  for (const seed of seeds.slice(0, 200)) for (const [word] of textOf(seed).matchAll(/[\w.-]{3,40}/g)) words.add(word)
  return [...words].slice(0, 2000).map(bytesOf)
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return `not an error: ${String(error)}`
  const cause = error.cause === undefined ? '' : `\n  cause: ${inOneLine(error.cause)}`
  return `${error.name}: ${error.message}${cause}`
}

function inOneLine(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return JSON.stringify(text.slice(0, 1500))
}

/** Returns the same string for defects that differ in numbers and quoted strings only. */
function kindOf(failure: string): string {
  return failure
    .split('\n')[0]!
    .replace(/'[^']*'|"[^"]*"/g, '…')
    .replace(/\d+/g, '0')
    .slice(0, 120)
}
