import { type Description, parseDescriptionText } from '@aster/description'
import { ReflectionService } from '@aster/reflection'
import { createClient } from '@aster/rpc-client'
import { AsterError, type CallOptions, RpcError, StatusCode } from '@aster/rpc-core'
import { printable } from '@aster/rpc-core/schema'
import { bindService, type ConnectedClient } from '../bind-service.ts'
import { ServiceNotFoundError } from '../errors.ts'
import { DescribedServices } from './described-services.ts'

/** The largest number of characters in the message about an ill-formed description. */
const MAX_MESSAGE = 400

/** The description that a producer returned, and the definitions made from it. */
export interface FetchedDescription {
  readonly description: Description
  readonly services: DescribedServices
}

/** The options of `describe()`: those of a call, and the services to describe. */
export interface DescribeOptions extends CallOptions {
  /**
   * The names of the services to describe, each in all its versions. Services that were described before stay described, as long
   * as all descriptions together have no more than 16,777,216 characters.
   *
   * @default all services
   */
  services?: readonly string[] | undefined
  /**
   * The channel on which `aster.reflection` is called.
   *
   * @default the client's `channelName`
   */
  channel?: string | undefined
}

/**
 * Asks the producer for its description, and makes definitions from it.
 *
 * @throws ServiceNotFoundError if the producer does not offer `aster.reflection`
 * @throws RpcError `CONTRACT_VIOLATION` if the answer is not a description
 */
export async function fetchDescription(
  client: ConnectedClient,
  { services = [], channel, ...call }: DescribeOptions,
): Promise<FetchedDescription> {
  const { description: text } = await reflectionClient(client, channel).describe({ services: [...services] }, call)
  try {
    const description = parseDescriptionText(text, "the producer's description")
    // Earlier descriptions of services that were not asked for are kept.
    const before = services.length === 0 ? undefined : client.described
    return { description, services: new DescribedServices(description, { before, characters: text.length }) }
  } catch (error) {
    if (!(error instanceof AsterError)) throw error
    // The message contains names that the peer chose.
    throw new RpcError(StatusCode.CONTRACT_VIOLATION, printable(error.message, MAX_MESSAGE))
  }
}

function reflectionClient(client: ConnectedClient, channel: string | undefined) {
  const { name, version } = ReflectionService
  const { services } = client.admission
  if (!services.some((one) => one.name === name && one.version === version))
    throw new ServiceNotFoundError(name, version, services, {
      hint: 'this producer does not describe itself; an AsterServer does with the option reflection: true',
    })
  return createClient(ReflectionService, bindService(client, ReflectionService, { channel }))
}
