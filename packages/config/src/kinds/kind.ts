import type { GenericSchema } from 'valibot'

/**
 * What a field may hold. The message of every issue that a schema raises says what is expected, in words that finish
 * the sentence "found …, expected …".
 */
export interface Kind<Value, Option = Value> {
  /** As the table of configuration shows it. */
  readonly type: string
  /** Reads a variable of the environment; the text is trimmed and not blank. */
  readonly text: GenericSchema<string, Value>
  /** Reads a value of TOML or an option. */
  readonly value: GenericSchema<Option, Value>
}
