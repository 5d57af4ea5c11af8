import { AsterError } from '@aster/client'
import { brandError } from '@aster/rpc-core/protocol'

export interface CliErrorOptions {
  readonly usage?: boolean
  readonly help?: boolean
  readonly lines?: readonly string[]
}

/** The error of a command. The message is one sentence with the reason and the remedy, and never contains a secret. */
export class CliError extends AsterError {
  static {
    brandError(this, 'CliError')
  }

  override readonly name: string = 'CliError'
  /** Whether the mistake is in the command line. */
  readonly usage: boolean
  /** Whether the message points to the help of the command. */
  readonly help: boolean
  /** Further lines of the message, such as one for each mistake. */
  readonly lines: readonly string[]

  constructor(message: string, { usage = false, help = usage, lines = [] }: CliErrorOptions = {}) {
    super(message)
    this.usage = usage
    this.help = help
    this.lines = lines
  }
}

/** Returns the error for a wrong option. `option` is the name as typed: `--expires`. */
export function usageError(option: string, problem: string): CliError {
  return new CliError(`${option}: ${problem}`, { usage: true })
}
