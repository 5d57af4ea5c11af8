import { text } from 'node:stream/consumers'
import { startPython } from './python-process.ts'

/** One check of `consumer.py`. */
export interface ConsumerCheck {
  readonly name: string
  readonly ok?: boolean
  readonly skipped?: boolean
  readonly got?: unknown
  readonly want?: unknown
}

/** The report that `consumer.py` prints. `ok` is true if some checks passed and none failed. */
export interface ConsumerReport {
  readonly ok: boolean
  readonly mode: string
  readonly services: readonly unknown[]
  readonly serialization?: 'json' | 'xlang'
  readonly checks?: readonly ConsumerCheck[]
  readonly passed?: number
  readonly skipped?: number
  /** The names of the failed checks. */
  readonly failed?: readonly string[]
  /** The exception that ended the checks early. */
  readonly exception?: string
}

/**
 * Runs the checks of the Python consumer against a producer of the fixture's services. Failed checks are in the report.
 *
 * @param address a ticket, a base64 NodeAddr or 64 hex digits
 * @param args as in the head of `consumer.py`, for example `['--mode', 'json', '--only', 'unary/']`
 * @throws Error if the consumer prints no report
 */
export async function runConsumer(address: string, args: readonly string[] = []): Promise<ConsumerReport> {
  const { child, exited, stderr } = startPython('consumer.py', [address, ...args])
  child.stdin!.end()
  const [output, code] = await Promise.all([text(child.stdout!), exited])
  try {
    return JSON.parse(output) as ConsumerReport
  } catch {
    throw new Error(`consumer.py ended (${code}) without a report:\n${output}${stderr()}`)
  }
}
