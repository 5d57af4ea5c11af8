import { AsterError, type RpcError, statusCodeName } from '@aster/client'
import { brandError } from '@aster/rpc-core/protocol'
import { printable, printableLines } from '@aster/rpc-core/schema'

/** The error that a call of the command line ended with. The exit code is made of its status. */
export class CallError extends AsterError {
  static {
    brandError(this, 'CallError')
  }

  override readonly name: string = 'CallError'
  /** The name of the status: `NOT_FOUND`. */
  readonly status: string
  readonly code: number
  readonly details: Readonly<Record<string, string>>

  constructor({ code, message, details }: RpcError, label?: string) {
    const status = statusCodeName(code)
    super([...(label === undefined ? [] : [label]), status, printableLines(message, 4_096)].join(': '))
    this.status = status
    this.code = code
    this.details = details
  }

  /** Returns the details that the peer sent beside the message, one line each. */
  get lines(): readonly string[] {
    return Object.entries(this.details).map(([key, value]) => `  ${printable(key)}: ${printable(value, 400)}`)
  }
}

/** The command was interrupted, for example by Ctrl-C. */
export class InterruptedError extends AsterError {
  static {
    brandError(this, 'InterruptedError')
  }

  override readonly name: string = 'InterruptedError'

  constructor() {
    super('interrupted')
  }
}

/** The reader of the results has gone, such as `head` once it has its lines. The program reports the failure of stdout itself. */
export class OutputClosedError extends AsterError {
  static {
    brandError(this, 'OutputClosedError')
  }

  override readonly name: string = 'OutputClosedError'

  constructor() {
    super('stdout is closed')
  }
}
