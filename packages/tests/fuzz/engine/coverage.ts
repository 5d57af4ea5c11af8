/** The class of a count, as in AFL: once, twice, three times, up to 7, 15, 31, 127 and more. */
const SIZES = Uint8Array.from({ length: 256 }, (_, n) =>
  n < 4 ? ([0, 1, 2, 4][n] ?? 0) : n < 8 ? 8 : n < 16 ? 16 : n < 32 ? 32 : n < 128 ? 64 : 128,
)

/** Counts how often each block of the instrumented program ran. */
export class Coverage {
  /** The counts; `undefined` if the program is not instrumented. */
  readonly #hits = (globalThis as { asterCoverage?: Uint8Array }).asterCoverage ?? new Uint8Array(0)
  readonly #words = new BigUint64Array(this.#hits.buffer)
  readonly #seen = new Uint8Array(this.#hits.length)
  blocks = 0

  start(): void {
    this.#hits.fill(0)
  }

  /** Returns whether since `start` a block ran for the first time, or more often than ever before. */
  isNew(): boolean {
    let found = false
    const [hits, words, seen] = [this.#hits, this.#words, this.#seen]
    for (let word = 0; word < words.length; word++) {
      if (words[word] === 0n) continue
      for (let i = word * 8; i < word * 8 + 8; i++) {
        const size = SIZES[hits[i] ?? 0] ?? 0
        const before = seen[i] ?? 0
        if ((before | size) === before) continue
        if (before === 0) this.blocks++
        seen[i] = before | size
        found = true
      }
    }
    return found
  }
}
