import { ConfigError } from '../src/config-error.ts'

/** The error that a call throws; anything else that it throws is thrown on. */
export function configErrorOf(call: () => unknown): ConfigError {
  try {
    call()
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('no ConfigError was thrown')
}
