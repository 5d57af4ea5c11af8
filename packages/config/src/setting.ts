import type { Kind } from './kinds/kind.ts'

/**
 * The definition of one setting. `Value` is the type of its value in a configuration, `Option` that of the option in code, and
 * `Default` that of the default, or `undefined` without a default.
 */
export interface Setting<Value, Option = Value, Default = undefined> {
  readonly kind: Kind<Value, Option>
  /** The variable of the environment. */
  readonly env: string
  /** The section and the key in TOML. */
  readonly toml?: readonly [section: string, key: string]
  /** The place in an identity file, for the table of settings. */
  readonly identity?: string
  readonly default?: Default
  /** The behaviour if the setting has neither a value nor a default, for the table of settings. */
  readonly otherwise?: string
  /** Whether the value is a secret, which is never shown. */
  readonly secret?: true
  /** The group of the setting: a source that has one setting of a group hides all of that group in lower sources. */
  readonly group?: string
  /** The description in the table of settings. */
  readonly description: string
}

/** Returns its argument. The types of value, option and default are inferred from it. */
export function setting<Value, Option, const Default extends Value | undefined = undefined>(
  entry: Setting<Value, Option, Default>,
): Setting<Value, Option, Default> {
  return entry
}
