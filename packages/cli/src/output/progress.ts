import type { CommandIo } from '../io.ts'

/** Milliseconds between two lines of progress. */
const EVERY = 100

/** Shows the progress of a command on stderr if that is a terminal. */
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

  /** Counts one more item as done. */
  add(): void {
    this.#count += 1
    const { stderr, stdout, json } = this.#io
    // If the results go to the same terminal, they show the progress.
    if (stderr.isTTY !== true || stdout.isTTY === true || json || this.#io.env['TERM'] === 'dumb') return
    const now = performance.now()
    if (now - this.#shownAt < EVERY || now - this.#started < 500) return
    this.#shownAt = now
    this.#isShown = true
    const rate = Math.round((this.#count * 1000) / (now - this.#started))
    stderr.write(`\r${this.#count.toLocaleString('en')} ${this.#noun}, ${rate.toLocaleString('en')}/s\u001b[K`)
  }

  /** Removes the line of progress. */
  clear(): void {
    if (this.#isShown) this.#io.stderr.write('\r\u001b[K')
    this.#isShown = false
  }
}
