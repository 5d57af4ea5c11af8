import { AsterError } from '@aster/client'
import { brandError } from '@aster/rpc-core/protocol'

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

  constructor(message: string, { usage = false, help = usage }: { usage?: boolean; help?: boolean } = {}) {
    super(message)
    this.usage = usage
    this.help = help
  }
}

/** The command line is wrong. `option` is its name as typed: `--expires`. */
export function usageError(option: string, problem: string): CliError {
  return new CliError(`${option}: ${problem}`, { usage: true })
}
