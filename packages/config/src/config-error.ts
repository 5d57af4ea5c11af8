import { AsterError } from '@aster/rpc-core'
import { brandError } from '@aster/rpc-core/protocol'
import { printable } from '@aster/rpc-core/schema'

/** The largest number of characters of a source in a message, which is also that of a path. */
const MAX_SOURCE = 4_096

/** One mistake in the configuration. No part of an issue contains a secret. */
export interface ConfigIssue {
  /**
   * The name of the option, such as `relayMode`. For an unknown key or section of a TOML file, the name of the key or section.
   * Empty for a whole file.
   */
  readonly field: string
  /** The source of the value, such as `ASTER_RELAY_MODE`, `aster.toml:12`, `.aster-identity peers[0]` or `option relayMode`. */
  readonly source: string
  /** The value that was found, quoted. Masked if it may be a secret. */
  readonly found: string
  /** The value that was expected. */
  readonly expected: string
  /** The whole issue as one sentence. */
  readonly message: string
}

/** The parts of an issue of a new `ConfigError`. */
export interface ConfigIssueOptions extends Omit<ConfigIssue, 'message'> {
  /**
   * The whole issue as one sentence.
   *
   * @default a sentence of the other parts
   */
  readonly message?: string | undefined
}

/** Thrown if a configuration is wrong. It lists every mistake that was found, not only the first. */
export class ConfigError extends AsterError {
  static {
    brandError(this, 'ConfigError')
  }

  /** `'ConfigError'`. */
  override readonly name: string = 'ConfigError'
  /** The mistakes that were found. */
  readonly issues: readonly ConfigIssue[]

  constructor(issues: readonly ConfigIssueOptions[]) {
    const all = issues.map((issue) => Object.freeze({ ...issue, message: issue.message ?? sentence(issue) }))
    super(summary(all))
    this.issues = Object.freeze(all)
  }
}

/** Returns the error for a client without the address of a producer. */
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
  // A peer or a user may choose the name of a variable, an option or a file.
  const [name, place] = [printable(field), printable(source, MAX_SOURCE)]
  return `${field === '' ? place : `${name} (${place})`}: found ${found}, expected ${expected}`
}

function summary(issues: readonly ConfigIssue[]): string {
  const [first] = issues
  if (issues.length === 1 && first !== undefined) return first.message
  return `${issues.length} mistakes in the configuration:${issues.map(({ message }) => `\n  - ${message}`).join('')}`
}
