import { ConfigError } from '../src/config-error.ts'

/** Returns the `ConfigError` that a call throws. Any other error is thrown on. */
export function configErrorOf(call: () => unknown): ConfigError {
  try {
    call()
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('no ConfigError was thrown')
}
