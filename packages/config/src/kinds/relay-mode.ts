import * as v from 'valibot'
import type { Kind } from './kind.ts'

/** The relays of iroh: those of n0, no relays, the staging relays of n0, or the URL of a private relay. */
export type RelayMode = 'default' | 'disabled' | 'staging' | (string & {})

const modes = ['default', 'disabled', 'staging']
const expected = 'default, disabled, staging or the URL of a relay (https://…, no user name)'

/**
 * A relay mode. URLs are an extension of this package: the Python package knows only the three words.
 * See quirk 28 of docs/python-0.1.md.
 */
export function relayMode(): Kind<RelayMode> {
  const schema = v.pipe(
    v.string(expected),
    v.trim(),
    v.check((text) => modes.includes(text) || isRelayUrl(text), expected),
  )
  return { type: '`default`, `disabled`, `staging` or a URL', text: schema, value: schema }
}

function isRelayUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return /^https?:$/.test(protocol) && username === '' && password === ''
}
