import * as v from 'valibot'
import type { ConfigIssueOptions } from './config-error.ts'
import { type FieldName, fields, type FieldValues } from './fields.ts'
import type { Refused } from './refused.ts'
import type { Setting } from './setting.ts'
import { show, showSecret } from './show.ts'
import { describeWrapping } from './wrapping.ts'

export interface Entry {
  /** Absent for a credential that is the peer's entry of the identity file: it is known, but has no path. */
  readonly value?: FieldValues[FieldName]
  readonly origin: string
}

/** What one source says. */
export type Layer = ReadonlyMap<FieldName, Entry>

/** A source once it is read: what it says, and what is wrong or odd in it. */
export interface Reading {
  readonly layer: Layer
  readonly issues: readonly ConfigIssueOptions[]
  readonly warnings: readonly string[]
  /** What is worth knowing, and neither wrong nor odd. */
  readonly notes: readonly string[]
}

/** A value of a source, before it is checked. */
export interface RawValue {
  /** `text` for a variable of the environment, `value` for what has a type of its own. */
  readonly form: 'text' | 'value'
  readonly found: unknown
  readonly origin: string
}

/** Gathers a `Reading`. */
export class LayerReader implements Reading {
  readonly layer = new Map<FieldName, Entry>()
  readonly issues: ConfigIssueOptions[] = []
  readonly warnings: string[] = []
  readonly notes: string[] = []

  /** Adds the value of a field, or the mistake in it. */
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

  /** Adds the mistake of a setting that is refused, unless its value asks for what happens anyway. */
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

/** Only the environment has values that may be accepted with their quotes: elsewhere the language has taken them off. */
function wrappingOf({ form, found }: Pick<RawValue, 'form' | 'found'>, accepted: boolean) {
  if (typeof found !== 'string' || (accepted && form !== 'text')) return undefined
  return describeWrapping(found, accepted)
}
