import { AsterError, type RpcError, statusCodeName } from '@aster/client'
import { brandError } from '@aster/rpc-core/protocol'
import { printable, printableLines } from '@aster/rpc-core/schema'

/** What a call of the command line ended with: the exit code says its status. */
export class CallError extends AsterError {
  static {
    brandError(this, 'CallError')
  }

  override readonly name: string = 'CallError'
  /** `NOT_FOUND` */
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

  /** What the peer says beside the message, a line each. */
  get lines(): readonly string[] {
    return Object.entries(this.details).map(([key, value]) => `  ${printable(key)}: ${printable(value, 400)}`)
  }
}

/** The command was interrupted: by Ctrl-C. */
export class InterruptedError extends AsterError {
  static {
    brandError(this, 'InterruptedError')
  }

  override readonly name: string = 'InterruptedError'

  constructor() {
    super('interrupted')
  }
}

/** Nothing reads the results any more, such as `head` that has its lines. What has happened to stdout is told by the program. */
export class OutputClosedError extends AsterError {
  static {
    brandError(this, 'OutputClosedError')
  }

  override readonly name: string = 'OutputClosedError'

  constructor() {
    super('stdout is closed')
  }
}
