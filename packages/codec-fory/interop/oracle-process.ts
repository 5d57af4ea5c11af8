import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export type Answer = {
  readonly hex?: string
  readonly value?: unknown
  readonly error?: string
  readonly [key: string]: unknown
}

/** A running `fory_oracle.py`, which answers requests in order. */
export class Oracle {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = []
  #errors = ''

  constructor(python: string) {
    this.#child = spawn(python, [fileURLToPath(new URL('./fory_oracle.py', import.meta.url))])
    this.#child.stderr.on('data', (data: Buffer) => {
      this.#errors += data.toString()
    })
    this.#child.stdin.on('error', (error) => this.#fail(error))
    this.#child.on('error', (error) => this.#fail(error))
    this.#child.on('close', (code) =>
      this.#fail(new Error(`the oracle ended with code ${code}: ${this.#errors.slice(-2000)}`)),
    )
    createInterface(this.#child.stdout).on('line', (line) => this.#waiting.shift()?.resolve(JSON.parse(line) as Answer))
  }

  /** Sends all requests at once. Resolves with their answers. */
  ask(requests: readonly object[]): Promise<Answer[]> {
    const answers = requests.map(
      () => new Promise<Answer>((resolve, reject) => this.#waiting.push({ resolve, reject })),
    )
    this.#child.stdin.write(requests.map((request) => `${JSON.stringify(request)}\n`).join(''))
    return Promise.all(answers)
  }

  close(): void {
    this.#child.stdin.end()
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}

/** Returns the Python that an environment variable names. */
export function pythonOf(variable: string): string {
  const path = process.env[variable]
  if (path === undefined || path === '')
    throw new Error(`${variable}: expected the path of a Python with pyfory installed, found nothing`)
  return path
}
