import { IdentityError } from '@aster/identity'
import { ConfigError } from './config-error.ts'

/** The fields of an `IdentityError` that mean the whole input. The message omits them, because the setting names the input. */
const WHOLE_TEXTS = ['identity_file', 'credential', 'root key', 'address']

interface Origin {
  /** The setting whose value is read. */
  readonly field: string
  /** The source of the setting. */
  readonly source: string
}

/**
 * Runs a reader of `@aster/identity`.
 *
 * @throws ConfigError if the reader throws an `IdentityError`, with the setting, its source and the place in the file
 */
export function withConfigError<T>({ field, source }: Origin, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    const place = error.source === undefined || error.source === source ? source : `${source}: ${error.source}`
    const part = error.field === field || WHOLE_TEXTS.includes(error.field) ? '' : `${error.field}: `
    throw new ConfigError([{ field, source: place, found: part + error.found, expected: error.expected }])
  }
}
