import { type Description, parseDescriptionText } from '@aster/description'
import { ReflectionService } from '@aster/reflection'
import { createClient } from '@aster/rpc-client'
import { AsterError, type CallOptions, RpcError, StatusCode } from '@aster/rpc-core'
import { printable } from '@aster/rpc-core/schema'
import { bindService, type ConnectedClient } from '../bind-service.ts'
import { ServiceNotFoundError } from '../errors.ts'
import { DescribedServices } from './described-services.ts'

/** Characters of the message about a description. */
const MAX_MESSAGE = 400

/** What a producer tells of its services. */
export interface FetchedDescription {
  readonly description: Description
  readonly services: DescribedServices
}

/** Options of `describe()`: those of a call, and which services are asked for. */
export interface DescribeOptions extends CallOptions {
  /** Names of services, each in all its versions. @default all */
  services?: readonly string[] | undefined
  /** The channel of the service `aster.reflection`. @default the client's `channelName` */
  channel?: string | undefined
}

/**
 * Asks the producer for its description, and makes definitions of it.
 *
 * @throws ServiceNotFoundError if the producer does not offer `aster.reflection`
 * @throws RpcError `CONTRACT_VIOLATION` if its description is none
 */
export async function fetchDescription(
  client: ConnectedClient,
  { services = [], channel, ...call }: DescribeOptions,
): Promise<FetchedDescription> {
  const { description: text } = await reflectionClient(client, channel).describe({ services: [...services] }, call)
  try {
    const description = parseDescriptionText(text, "the producer's description")
    // Of the services that were not asked for, what was told before is kept.
    const before = services.length === 0 ? undefined : client.described
    return { description, services: new DescribedServices(description, before) }
  } catch (error) {
    if (!(error instanceof AsterError)) throw error
    // Names of the peer stand in it.
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
