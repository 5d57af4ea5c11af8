import type { AsterClient } from '@aster/client'
import type { Command } from 'commander'
import { usageError } from '../cli-error.ts'
import { type ClientFlags, createClient, withClientOptions } from '../client-options.ts'
import type { CommandIo } from '../io.ts'

/** Adds the argument for the address of the producer. */
export function addAddress(command: Command): Command {
  return command.argument(
    '<address>',
    'the producer: a ticket (aster1… or endpoint…), an endpoint id or a base64 NodeAddr; - for ASTER_ENDPOINT_ADDR',
  )
}

/**
 * Returns a connected client. The caller closes it.
 *
 * @param address the address as it was typed; `-` or nothing for the address in the environment
 */
export async function connect(
  io: CommandIo,
  address: string | undefined,
  { flags, signal }: { readonly flags: ClientFlags; readonly signal?: AbortSignal },
): Promise<AsterClient> {
  const own = address === '-' ? undefined : address
  const client = withClientOptions(io, { flags, address: own }, (options) => {
    if (options.config.endpointAddrs.length > 0) return createClient(io, options)
    throw usageError('address', 'expected that of a producer; name it, or set ASTER_ENDPOINT_ADDR')
  })
  try {
    await client.connect({ signal })
    return client
  } catch (error) {
    await client.close()
    throw error
  }
}
