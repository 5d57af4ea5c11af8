import { type NodeAddr, parseAddress } from '@aster/identity'
import { ConfigError } from './config-error.ts'
import { show } from './show.ts'
import { withConfigError } from './with-config-error.ts'
import { describeWrapping } from './wrapping.ts'

/** The part of a configuration that names the producer. */
interface Addressed {
  readonly endpointAddrs: readonly string[]
  origin(field: 'endpointAddr'): string
}

/**
 * Returns the addresses of the producer in the order in which they are tried.
 *
 * @throws ConfigError if an address cannot be parsed
 */
export function parseAddresses(config: Addressed): readonly NodeAddr[] {
  const source = config.origin('endpointAddr')
  return config.endpointAddrs.map((text) => {
    const wrapping = describeWrapping(text, false)
    if (wrapping !== undefined) {
      const found = `${show(text)} ${wrapping.found}`
      throw new ConfigError([{ field: 'endpointAddr', source, found, expected: wrapping.expected }])
    }
    return withConfigError({ field: 'endpointAddr', source }, () => parseAddress(text, { source }))
  })
}
