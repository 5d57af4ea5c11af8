import { AsterError, RpcError, StatusCode } from '@aster/rpc-core'
import * as schema from '@aster/rpc-core/schema'

/** A defect that an input shows. */
export class Defect extends Error {
  override readonly name = 'Defect'
}

export interface AllowedErrors {
  /** Codes of an `RpcError`. @default DATA_LOSS, CONTRACT_VIOLATION and RESOURCE_EXHAUSTED */
  readonly codes?: readonly number[]
  /** Name of the class. @default RpcError */
  readonly name?: string | readonly string[]
  /** Characters of the message. */
  readonly maxLength?: number
}

const DECODING = [StatusCode.DATA_LOSS, StatusCode.CONTRACT_VIOLATION, StatusCode.RESOURCE_EXHAUSTED]
/** Whether a text may be shown on a terminal and in a log: no control or format characters, on one line. */
export const isPrintable = (schema as { isPrintable?: (text: string) => boolean }).isPrintable ?? (() => true)

/** Throws a `Defect` unless the error is one that the documentation names, with a message that may be shown. */
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
  // The lines of a `ConfigError` are our own.
  const text = error.name === 'ConfigError' ? error.message.replaceAll('\n  - ', ' ') : error.message
  if (!isPrintable(text)) throw new Defect('the message has control characters', { cause: error })
  if (text.length > maxLength) throw new Defect(`the message has more than ${maxLength} characters`, { cause: error })
}

/** The value, or `undefined` if there is an error that is allowed. */
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

/** Throws a `Defect` if an input reached the objects that all others inherit from. */
export function expectCleanPrototypes(): void {
  // An array shows what was added to either prototype.
  const list: object = []
  for (const key in list) throw new Defect(`a prototype has '${key}'`)
}
