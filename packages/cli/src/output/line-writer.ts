import type { CommandIo, Output } from '../io.ts'
import { OutputClosedError } from '../remote/call-error.ts'

/** The largest number of characters that are collected before a write. */
const CHUNK = 65_536
/** Milliseconds between two writes while lines follow one another quickly. */
const PACE = 20

/** Writes lines of results, joins those that follow one another quickly, and waits if the reader is slower. */
export class LineWriter {
  readonly #output: Output
  #text = ''
  /** Whether writing has failed, for example because the reader has closed the pipe. */
  #isClosed = false
  #timer: NodeJS.Timeout | undefined
  #writtenAt = -PACE

  constructor({ stdout }: CommandIo) {
    this.#output = stdout
    stdout.once?.('error', () => (this.#isClosed = true))
  }

  /**
   * Writes a line. Returns a promise that resolves when the next line may be written, or `undefined` if it may be at once.
   *
   * @throws OutputClosedError if nothing can be written any more
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

  /** Writes the lines that are still collected. */
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

/**
 * The events that end a wait. `drain` alone is not enough, because an output that has failed never drains. Lines written after an
 * error are lost, and the program reports the error at its end.
 */
const EVENTS = ['drain', 'error', 'close'] as const
