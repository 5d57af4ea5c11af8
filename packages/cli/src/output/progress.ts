import type { CommandIo } from '../io.ts'

/** Milliseconds between two lines of progress. */
const EVERY = 100

/** Tells on stderr, if it is a terminal, how far a command is; results go to stdout. */
export class Progress {
  readonly #io: CommandIo
  readonly #noun: string
  readonly #started = performance.now()
  #count = 0
  #shownAt = 0
  #isShown = false

  constructor(io: CommandIo, noun: string) {
    this.#io = io
    this.#noun = noun
  }

  /** One more is done. */
  add(): void {
    this.#count += 1
    const { stderr, stdout, json } = this.#io
    // Lines of results on the same terminal are progress enough.
    if (stderr.isTTY !== true || stdout.isTTY === true || json || this.#io.env['TERM'] === 'dumb') return
    const now = performance.now()
    if (now - this.#shownAt < EVERY || now - this.#started < 500) return
    this.#shownAt = now
    this.#isShown = true
    const rate = Math.round((this.#count * 1000) / (now - this.#started))
    stderr.write(`\r${this.#count.toLocaleString('en')} ${this.#noun}, ${rate.toLocaleString('en')}/s\u001b[K`)
  }

  /** Removes the line. */
  clear(): void {
    if (this.#isShown) this.#io.stderr.write('\r\u001b[K')
    this.#isShown = false
  }
}
