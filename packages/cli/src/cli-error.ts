import { AsterError } from '@aster/client'
import { brandError } from '@aster/rpc-core/protocol'

export interface CliErrorOptions {
  readonly usage?: boolean
  readonly help?: boolean
  readonly lines?: readonly string[]
}

/** What stands in the way of a command, in one sentence that says what to do. It never holds a secret. */
export class CliError extends AsterError {
  static {
    brandError(this, 'CliError')
  }

  override readonly name: string = 'CliError'
  /** Whether the command line is to blame. */
  readonly usage: boolean
  /** Whether the help of the command would help. */
  readonly help: boolean
  /** Further lines of the message, such as each of several mistakes. */
  readonly lines: readonly string[]

  constructor(message: string, { usage = false, help = usage, lines = [] }: CliErrorOptions = {}) {
    super(message)
    this.usage = usage
    this.help = help
    this.lines = lines
  }
}

/** The command line is wrong. `option` is its name as typed: `--expires`. */
export function usageError(option: string, problem: string): CliError {
  return new CliError(`${option}: ${problem}`, { usage: true })
}
