import type { CommandIo, Output } from '../io.ts'
import { OutputClosedError } from '../remote/call-error.ts'

/** Characters that are written at once. */
const CHUNK = 65_536
/** Milliseconds from one write to the next, while lines come one behind the other. */
const PACE = 20

/** Writes lines as results, many of them at once if they come fast, and waits while what reads them is slower. */
export class LineWriter {
  readonly #output: Output
  #text = ''
  /** Whether writing has failed: a pipe that its reader has closed, say. */
  #isClosed = false
  #timer: NodeJS.Timeout | undefined
  #writtenAt = -PACE

  constructor({ stdout }: CommandIo) {
    this.#output = stdout
    stdout.once?.('error', () => (this.#isClosed = true))
  }

  /**
   * Returns a promise that resolves when the next line may be written; `undefined` if that is now. Throws an `OutputClosedError` once
   * nothing can be written.
   */
  write(line: string): Promise<void> | undefined {
    if (this.#isClosed) throw new OutputClosedError()
    this.#text += `${line}\n`
    if (this.#text.length >= CHUNK) return this.flush()
    if (this.#timer !== undefined) return undefined
    if (performance.now() - this.#writtenAt >= PACE) return this.flush()
    this.#timer = setTimeout(() => void this.flush(), PACE)
    return undefined
  }

  /** Writes what is left. */
  flush(): Promise<void> | undefined {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const text = this.#text
    const output = this.#output
    if (text === '') return undefined
    this.#text = ''
    this.#writtenAt = performance.now()
    if (output.write(text) !== false || output.once === undefined || output.off === undefined) return undefined
    return new Promise((resolve) => {
      const done = (): void => {
        for (const event of EVENTS) output.off?.(event, done)
        resolve()
      }
      for (const event of EVENTS) output.once?.(event, done)
    })
  }
}

/** After an error nothing drains; what is written then is lost, and the program says so at its end. */
const EVENTS = ['drain', 'error', 'close'] as const
