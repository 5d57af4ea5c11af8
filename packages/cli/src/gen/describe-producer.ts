import type { ServiceSummary } from '@aster/client'
import { type Description, selectServices } from '@aster/description'
import { HealthService } from '@aster/health'
import { IdentityError, parseAddress } from '@aster/identity'
import { ReflectionService } from '@aster/reflection'
import { CliError } from '../cli-error.ts'
import type { ClientFlags } from '../client-options.ts'
import type { CommandIo } from '../io.ts'
import { connect } from '../remote/connect.ts'
import { Interrupt } from '../remote/interrupt.ts'
import { hasReflection, notOfferedError } from '../remote/target.ts'

/** Services that every server may offer beside its own; packages contain their definitions. */
const BUILT_IN: ReadonlySet<string> = new Set([ReflectionService.name, HealthService.name])

/** Whether a source is the address of a producer, not a module or file. */
export function isAddress(source: string): boolean {
  // A shortened address counts as well, so that its error is about an address.
  if (/^(?:aster1|endpoint)[a-z0-9]{30,}$/i.test(source)) return true
  if (!/^[A-Za-z0-9+/_=-]{40,}$/.test(source)) return false
  try {
    parseAddress(source)
    return true
  } catch (error) {
    if (error instanceof IdentityError) return false
    throw error
  }
}

/** A producer whose services are described. */
export interface ProducerSource {
  readonly address: string
  /** The names of services. If the list is empty, all services except reflection and health are described. */
  readonly names: readonly string[]
  readonly flags: ClientFlags
}

/**
 * Asks a running producer for the description of its services.
 *
 * @throws CliError if the producer does not describe itself or does not offer one of the services
 */
export async function describeProducer(io: CommandIo, { address, names, flags }: ProducerSource): Promise<Description> {
  using interrupt = new Interrupt(io)
  const { signal } = interrupt
  try {
    await using client = await connect(io, address, { flags, signal })
    const { services } = client
    if (!hasReflection(services)) throw notDescribedError(services)
    assertOffered(services, names)
    const description = await client.describe({ services: names, signal })
    if (names.length > 0) return description
    const own = description.services.map(({ name }) => name).filter((name) => !BUILT_IN.has(name))
    if (own.length === 0) throw new CliError('the producer offers no services of its own')
    return selectServices(description, own)
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  }
}

function assertOffered(services: readonly ServiceSummary[], names: readonly string[]): void {
  const missing = names.find((wanted) => services.every(({ name }) => name !== wanted))
  if (missing !== undefined) throw notOfferedError(services, [missing])
}

function notDescribedError(services: readonly ServiceSummary[]): CliError {
  const hint =
    services.length === 0
      ? 'it offers none'
      : 'an AsterServer does with the option reflection: true; for one in Python, name its module (module:Class) or manifest'
  return new CliError(`the producer does not describe its services; ${hint}`)
}
