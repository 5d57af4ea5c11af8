import * as v from 'valibot'
import type { ConfigIssueOptions } from './config-error.ts'
import { type FieldName, fields, type FieldValues } from './fields.ts'
import type { Refused } from './refused.ts'
import type { Setting } from './setting.ts'
import { show, showSecret } from './show.ts'
import { describeWrapping } from './wrapping.ts'

export interface Entry {
  /** The value. Absent if the credential is the peer's entry of the identity file, because such a credential has no path. */
  readonly value?: FieldValues[FieldName]
  /** The source of the value. */
  readonly origin: string
}

/** The values of one source. */
export type Layer = ReadonlyMap<FieldName, Entry>

/** A source after it was read: its values, mistakes and warnings. */
export interface Reading {
  readonly layer: Layer
  readonly issues: readonly ConfigIssueOptions[]
  readonly warnings: readonly string[]
  /** Sentences that are worth knowing, about values that are neither wrong nor suspicious. */
  readonly notes: readonly string[]
}

/** A value of a source, before it is checked. */
export interface RawValue {
  /** `text` for a variable of the environment, `value` for a value with a type of its own. */
  readonly form: 'text' | 'value'
  readonly found: unknown
  readonly origin: string
}

/** Collects a `Reading`. */
export class LayerReader implements Reading {
  readonly layer = new Map<FieldName, Entry>()
  readonly issues: ConfigIssueOptions[] = []
  readonly warnings: string[] = []
  readonly notes: string[] = []

  /** Adds the value of a field, or an issue if the value is wrong. */
  add(name: FieldName, { form, found, origin }: RawValue): void {
    const field: Setting<FieldValues[FieldName], unknown, unknown> = fields[name]
    const result = v.safeParse(field.kind[form], found, { abortEarly: true })
    const wrapping = wrappingOf({ form, found }, result.success)
    if (result.success && wrapping === undefined) {
      this.layer.set(name, { value: result.output, origin })
      return
    }
    const shown = field.secret ? showSecret(found) : show(found)
    const issue = { field: name, source: origin }
    if (wrapping !== undefined)
      this.issues.push({ ...issue, found: `${shown} ${wrapping.found}`, expected: wrapping.expected })
    else if (!result.success) this.issues.push({ ...issue, found: shown, expected: result.issues[0].message })
  }

  /** Adds the issue of a setting that is refused, unless its value asks for the behaviour that Aster has anyway. */
  addRefused(name: string, { kind, accepts, reason }: Refused, { form, found, origin }: RawValue): void {
    const result = v.safeParse(kind[form], found, { abortEarly: true })
    if (result.success && accepts !== undefined && result.output === accepts) return
    const shown = accepts === undefined ? showSecret(found) : show(found)
    const wrapping = result.success ? undefined : wrappingOf({ form, found }, false)
    if (wrapping !== undefined) {
      this.issues.push({
        field: name,
        source: origin,
        found: `${shown} ${wrapping.found}`,
        expected: wrapping.expected,
      })
      return
    }
    const allowed = accepts === undefined ? 'nothing' : `nothing or ${accepts}`
    const expected = result.success || accepts === undefined ? `${allowed}: ${reason}` : result.issues[0].message
    this.issues.push({ field: name, source: origin, found: shown, expected })
  }
}

/**
 * Returns the quotes or the comment around a value. Values that would be accepted in quotes come from the environment alone,
 * since TOML and code remove quotes.
 */
function wrappingOf({ form, found }: Pick<RawValue, 'form' | 'found'>, accepted: boolean) {
  if (typeof found !== 'string' || (accepted && form !== 'text')) return undefined
  return describeWrapping(found, accepted)
}
