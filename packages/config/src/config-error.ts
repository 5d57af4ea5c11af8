import { AsterError } from '@aster/rpc-core'
import { brandError } from '@aster/rpc-core/protocol'
import { printable } from '@aster/rpc-core/schema'

/** Characters of a source that a message shows: a path may have as many. */
const MAX_SOURCE = 4_096

/** One mistake in the configuration. No part of it ever holds a secret. */
export interface ConfigIssue {
  /** The option's name, `relayMode`; a TOML key or section for one that is not known; empty for a whole file. */
  readonly field: string
  /** `ASTER_RELAY_MODE`, `aster.toml:12`, `.aster-identity peers[0]`, `option relayMode`. */
  readonly source: string
  /** What was there, quoted; masked if it may be a secret. */
  readonly found: string
  readonly expected: string
  /** The whole as one sentence. */
  readonly message: string
}

/** A mistake that a `ConfigError` is made from. */
export interface ConfigIssueOptions extends Omit<ConfigIssue, 'message'> {
  /** @default a sentence of the other parts */
  readonly message?: string | undefined
}

/** What is wrong with the configuration: every mistake that was found, not only the first. */
export class ConfigError extends AsterError {
  static {
    brandError(this, 'ConfigError')
  }

  override readonly name: string = 'ConfigError'
  readonly issues: readonly ConfigIssue[]

  constructor(issues: readonly ConfigIssueOptions[]) {
    const all = issues.map((issue) => Object.freeze({ ...issue, message: issue.message ?? sentence(issue) }))
    super(summary(all))
    this.issues = Object.freeze(all)
  }
}

/** Returns the error of a client that was given no producer's address. */
export function missingEndpointAddress(): ConfigError {
  return new ConfigError([
    {
      field: 'endpointAddr',
      source: 'default',
      found: 'nothing',
      expected: 'the address of a producer',
      message: 'AsterClient requires an endpoint address. Set ASTER_ENDPOINT_ADDR or pass endpointAddr.',
    },
  ])
}

function sentence({ field, source, found, expected }: ConfigIssueOptions): string {
  // The name of a variable, an option or a file may be anything.
  const [name, place] = [printable(field), printable(source, MAX_SOURCE)]
  return `${field === '' ? place : `${name} (${place})`}: found ${found}, expected ${expected}`
}

function summary(issues: readonly ConfigIssue[]): string {
  const [first] = issues
  if (issues.length === 1 && first !== undefined) return first.message
  return `${issues.length} mistakes in the configuration:${issues.map(({ message }) => `\n  - ${message}`).join('')}`
}
