import type { GenericSchema } from 'valibot'

/**
 * The kind of values of a field. If one of its schemas rejects a value, the message describes the expected value, in words
 * that complete the sentence "found …, expected …".
 */
export interface Kind<Value, Option = Value> {
  /** The name of the kind in the table of settings. */
  readonly type: string
  /** Reads a variable of the environment, which is trimmed and not blank. */
  readonly text: GenericSchema<string, Value>
  /** Reads an option, or a value of TOML. */
  readonly value: GenericSchema<Option, Value>
}
