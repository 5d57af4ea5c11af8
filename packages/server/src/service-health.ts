import { ConfigError } from '@aster/config'
import { Health } from '@aster/health'
import { implementationOf, type Logger } from '@aster/rpc-core'
import { runGuarded } from '@aster/rpc-core/protocol'
import { describe } from '@aster/rpc-core/schema'
import type { Channel } from './channels.ts'

/**
 * Returns the `Health` that the option `health` asks for.
 *
 * @throws ConfigError if the option is neither a boolean nor a `Health`
 */
export function resolveHealth(option: unknown): Health | undefined {
  if (option === undefined || option === false) return undefined
  if (option === true) return new Health()
  // Checked by shape instead of `instanceof`, because two copies of the package may be installed.
  const { service, set, shutdown } = Object(option) as Partial<Health>
  if (typeof service === 'object' && typeof set === 'function' && typeof shutdown === 'function')
    return option as Health
  const [field, source] = ['health', 'option health']
  throw new ConfigError([{ field, source, found: describe(option), expected: 'true, false or a Health' }])
}

/** Sets every service of the channels to `SERVING`, unless it has a status already. */
export function markServing(health: Health, channels: readonly Channel[]): void {
  for (const service of channels.flatMap(({ services }) => services)) {
    const { name } = implementationOf(service).definition
    if (health.get(name) === undefined) health.set(name, 'SERVING')
  }
}

/** Sets every service of the channels, and the server as a whole, to `NOT_SERVING` permanently. */
export function endServing(health: Health, channels: readonly Channel[]): void {
  // `shutdown()` changes only the services that have a status; the others would stay unknown.
  for (const service of channels.flatMap(({ services }) => services))
    health.set(implementationOf(service).definition.name, 'NOT_SERVING')
  health.shutdown()
}

/** Calls a method of a `Health`, which may be an object of the user. A failure is logged. */
export function tellHealth(
  health: Health | undefined,
  logger: Logger | undefined,
  tell: (health: Health) => void,
): void {
  if (health === undefined) return
  const onError = (error: unknown): void => logger?.error({ err: error }, 'the health could not be told')
  runGuarded(() => tell(health), onError)
}
