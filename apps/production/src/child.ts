import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** One of the two programs as a process, with only these environment variables. Its lines are printed with its name. */
export class Child implements AsyncDisposable {
  readonly #name: string
  readonly #process: ChildProcess
  readonly #lines: Interface
  readonly #exit: Promise<number>

  constructor(name: 'producer' | 'consumer', environment: Readonly<Record<string, string>>) {
    const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url))
    const child = spawn(process.execPath, [file], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#name = name
    this.#process = child
    this.#lines = createInterface(child.stdout)
    console.log()
    // The log, on stderr, is printed among the lines of stdout.
    for (const lines of [this.#lines, createInterface(child.stderr)])
      lines.on('line', (line) => console.log(`${name} │ ${line}`))
    this.#exit = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : 1))
  }

  /** Resolves with the first group of the first line that matches. */
  async line(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#lines.on('line', (line) => {
        const found = pattern.exec(line)?.[1]
        if (found !== undefined) resolve(found)
      })
      const gone = (code: unknown): void =>
        reject(new Error(`the ${this.#name} ended (${String(code)}) before it printed its address`))
      this.#exit.then(gone, gone)
    })
  }

  /** Resolves with the exit code when the process has ended by itself. */
  get ended(): Promise<number> {
    return this.#exit
  }

  /** Asks the process to end, as a service manager does. Resolves with its exit code. */
  end(): Promise<number> {
    this.#process.kill('SIGTERM')
    return this.#exit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }
}
