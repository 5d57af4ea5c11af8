import type { Kind } from './kinds/kind.ts'

/**
 * One setting: all that is known of it. `Value` is what a configuration holds, `Option` what an option may be, `Default` the
 * type of the default, `undefined` if there is none.
 */
export interface Setting<Value, Option = Value, Default = undefined> {
  readonly kind: Kind<Value, Option>
  /** The variable of the environment. */
  readonly env: string
  /** Section and key. */
  readonly toml?: readonly [section: string, key: string]
  /** The place in an identity file, as the table of configuration shows it. */
  readonly identity?: string
  readonly default?: Default
  /** What happens without a value, if there is no default. */
  readonly otherwise?: string
  /** The value is never shown. */
  readonly secret?: true
  /** The setting that this is a spelling of: a higher source hides all spellings of a lower one. */
  readonly group?: string
  /** As the table of configuration shows it. */
  readonly description: string
}

/** Returns the entry as it is; infers the types of value, option and default from it. */
export function setting<Value, Option, const Default extends Value | undefined = undefined>(
  entry: Setting<Value, Option, Default>,
): Setting<Value, Option, Default> {
  return entry
}
