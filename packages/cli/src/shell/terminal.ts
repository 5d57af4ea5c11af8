import { clearLine, createInterface, cursorTo, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { Completions } from './complete.ts'

export interface TerminalOptions {
  readonly input: Readable
  readonly output: Writable & { readonly isTTY?: boolean }
  /** The lines of former runs, the latest first. */
  readonly history: readonly string[]
  readonly complete: (line: string) => Completions
  /** Called at Ctrl-C. */
  readonly onInterrupt: () => void
  /** Whether Ctrl-D ends the current conversation instead of the shell. */
  readonly isNested: () => boolean
}

/** Reads the lines that a user types, with editing, history and completion, or the lines of a pipe. */
export class Terminal implements Disposable {
  readonly #options: TerminalOptions
  #readline: Interface & { history?: string[] }
  readonly #output: TerminalOptions['output']
  readonly #lines: string[] = []
  readonly isTerminal: boolean
  #waiting: ((line: string | undefined) => void) | undefined
  #isOver = false
  #isClosing = false

  constructor(options: TerminalOptions) {
    const { input, output, history } = options
    this.#options = options
    this.#output = output
    this.isTerminal = output.isTTY === true && (input as { isTTY?: boolean }).isTTY === true
    this.#readline = this.#open(history)
  }

  /** Resolves to the next line, or to `undefined` at the end of the input. */
  async ask(prompt: string): Promise<string | undefined> {
    const ready = this.#lines.shift()
    if (ready !== undefined) return ready
    if (this.#isOver) return undefined
    if (this.isTerminal) {
      this.#readline.setPrompt(prompt)
      this.#readline.prompt()
    }
    return new Promise((resolve) => (this.#waiting = resolve))
  }

  /** Writes a line above the line that is being typed. */
  write(line: string): void {
    const isAsking = this.isTerminal && this.#waiting !== undefined
    if (isAsking) {
      cursorTo(this.#output, 0)
      clearLine(this.#output, 0)
    }
    this.#output.write(`${line}\n`)
    if (isAsking) this.#readline.prompt(true)
  }

  /** Ends a pending `ask` as the end of the input does. */
  stopAsking(): void {
    if (this.#waiting === undefined) return
    if (this.isTerminal) {
      cursorTo(this.#output, 0)
      clearLine(this.#output, 0)
    }
    this.#resolve(undefined)
  }

  /** The lines of this run and of former ones, the latest first. */
  get history(): readonly string[] {
    return this.#readline.history ?? []
  }

  [Symbol.dispose](): void {
    this.#isClosing = true
    this.#readline.close()
  }

  #open(history: readonly string[]): Interface & { history?: string[] } {
    const { input, output, complete, onInterrupt, isNested } = this.#options
    const readline: Interface & { history?: string[] } = createInterface({
      input,
      output: this.isTerminal ? output : undefined,
      terminal: this.isTerminal,
      history: [...history],
      historySize: 1_000,
      removeHistoryDuplicates: true,
      completer: (line: string) => complete(line) as [string[], string],
    })
    readline.on('line', (line) => this.#take(line))
    readline.on('close', () => {
      // Ctrl-D ends the conversation if there is one, and otherwise the shell.
      const isOver = this.#isClosing || !this.isTerminal || !isNested()
      if (isOver) this.#isOver = true
      else {
        output.write('\n')
        this.#readline = this.#open(readline.history ?? [])
      }
      this.#resolve(undefined)
    })
    readline.on('SIGINT', () => {
      // Ctrl-C drops the typed line, as in other shells.
      if (readline.line !== '') {
        readline.write(null, { ctrl: true, name: 'e' })
        readline.write(null, { ctrl: true, name: 'u' })
      } else onInterrupt()
    })
    return readline
  }

  #take(line: string): void {
    if (this.#waiting === undefined) this.#lines.push(line)
    else this.#resolve(line)
  }

  #resolve(line: string | undefined): void {
    const resolve = this.#waiting
    // Cleared first, since more lines may arrive before the waiting reader continues; these are queued.
    this.#waiting = undefined
    resolve?.(line)
  }
}
