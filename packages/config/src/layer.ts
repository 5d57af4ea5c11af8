import * as v from 'valibot'
import type { ConfigIssue } from './config-error.ts'
import { type Field, fields, type FieldValues } from './fields.ts'
import type { FieldName } from './options.ts'
import type { Refused } from './refused.ts'
import { show, showSecret } from './show.ts'

/** Stands for the credential where it is the peer's entry of the identity file, which this package does not read. */
export const identityEntry = Symbol('identity entry')

export interface Entry {
  readonly value: FieldValues[FieldName] | typeof identityEntry
  readonly origin: string
}

/** What one source says. */
export type Layer = ReadonlyMap<FieldName, Entry>

export type Issue = Omit<ConfigIssue, 'message'>

/** A source once it is read: what it says, and what is wrong or odd in it. */
export interface Reading {
  readonly layer: Layer
  readonly issues: readonly Issue[]
  readonly warnings: readonly string[]
}

/** `text` is a variable of the environment, `value` anything that has a type of its own. */
export type Form = 'text' | 'value'

/** Gathers a `Reading`. */
export class LayerReader implements Reading {
  readonly layer = new Map<FieldName, Entry>()
  readonly issues: Issue[] = []
  readonly warnings: string[] = []

  read(name: FieldName, form: Form, found: unknown, origin: string): void {
    const field: Field<FieldValues[FieldName]> = fields[name]
    const result = v.safeParse(field.kind[form], found, { abortEarly: true })
    if (result.success) {
      this.layer.set(name, { value: result.output, origin })
      return
    }
    const shown = field.secret ? showSecret(found) : show(found)
    this.issues.push({ field: name, source: origin, found: shown, expected: result.issues[0].message })
  }

  /** Takes nothing but what asks for what happens anyway. */
  refuse(name: string, { kind, accepts, reason }: Refused, form: Form, found: unknown, origin: string): void {
    const result = v.safeParse(kind[form], found, { abortEarly: true })
    if (result.success && accepts !== undefined && result.output === accepts) return
    const shown = accepts === undefined ? showSecret(found) : show(found)
    const allowed = accepts === undefined ? 'nothing' : `nothing or ${accepts}`
    const expected = result.success || accepts === undefined ? `${allowed}: ${reason}` : result.issues[0].message
    this.issues.push({ field: name, source: origin, found: shown, expected })
  }
}
