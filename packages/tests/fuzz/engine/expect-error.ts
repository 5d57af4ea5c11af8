import { AsterError, RpcError, StatusCode } from '@aster/rpc-core'
import * as schema from '@aster/rpc-core/schema'

/** A defect that an input shows. */
export class Defect extends Error {
  override readonly name = 'Defect'
}

export interface AllowedErrors {
  /** The allowed codes of an `RpcError`. @default DATA_LOSS, CONTRACT_VIOLATION and RESOURCE_EXHAUSTED */
  readonly codes?: readonly number[]
  /** The allowed names of the class. @default RpcError */
  readonly name?: string | readonly string[]
  /** The most characters of the message. */
  readonly maxLength?: number
}

const DECODING = [StatusCode.DATA_LOSS, StatusCode.CONTRACT_VIOLATION, StatusCode.RESOURCE_EXHAUSTED]
/** Returns whether a string is one line without control and format characters, so that a terminal and a log can show it. */
export const isPrintable = (schema as { isPrintable?: (text: string) => boolean }).isPrintable ?? (() => true)

/** @throws Defect unless the error is one that the documentation names, with a message that can be shown */
export function expectError(
  error: unknown,
  { codes = DECODING, name = 'RpcError', maxLength = 4096 }: AllowedErrors,
): void {
  if (error instanceof Defect) throw error
  const names = typeof name === 'string' ? [name] : name
  if (!(error instanceof AsterError) || !names.includes(error.name))
    throw new Defect(`expected ${names.join(' or ')}, found ${String(error)}`, { cause: error })
  if (error instanceof RpcError && !codes.includes(error.code))
    throw new Defect(`expected code ${codes.join(' or ')}, found ${error.code}`, { cause: error })
  // The line breaks of a `ConfigError` are intended.
  const text = error.name === 'ConfigError' ? error.message.replaceAll('\n  - ', ' ') : error.message
  if (!isPrintable(text)) throw new Defect('the message has control characters', { cause: error })
  if (text.length > maxLength) throw new Defect(`the message has more than ${maxLength} characters`, { cause: error })
}

/** Returns the value, or `undefined` after an error that is allowed. */
export function attempt<T>(make: () => T, allowed: AllowedErrors = {}): { readonly value: T } | undefined {
  try {
    return { value: make() }
  } catch (error) {
    expectError(error, allowed)
    return undefined
  }
}

export function assert(holds: boolean, promise: string): asserts holds {
  if (!holds) throw new Defect(promise)
}

/** @throws Defect if an input changed `Object.prototype` or `Array.prototype` */
export function expectCleanPrototypes(): void {
  // An array inherits from both prototypes.
  const list: object = []
  for (const key in list) throw new Defect(`a prototype has '${key}'`)
}
