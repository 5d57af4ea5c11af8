import type { ServiceSummary } from '@aster/client'
import type { Command } from 'commander'
import { usageError } from '../cli-error.ts'
import { addClientFlags, type ClientFlags, clientOptions, createClient } from '../client-options.ts'
import type { CliIo } from '../io.ts'
import { table } from '../output/columns.ts'
import { escapeControls } from '../output/escape.ts'
import { print, type PrintOptions } from '../output/print.ts'
import type { Style } from '../output/style.ts'

export function addServices(parent: Command, io: CliIo): void {
  const command = parent
    .command('services')
    .description('ask a producer for admission and list what it offers')
    .argument('[address]', 'a ticket, a base64 NodeAddr or an endpoint id (default: ASTER_ENDPOINT_ADDR)')
  addClientFlags(command)
    .option('--json', 'print JSON')
    .action((address: string | undefined, options: ClientFlags & PrintOptions) => listServices(io, address, options))
}

async function listServices(io: CliIo, address: string | undefined, flags: ClientFlags & PrintOptions): Promise<void> {
  const options = clientOptions(io, flags, address)
  if (options.config.endpointAddrs.length === 0) {
    throw usageError('address', 'expected that of a producer; name it, or set ASTER_ENDPOINT_ADDR')
  }
  await using client = createClient(io, options)
  await client.connect()
  const { services, attributes } = client
  print(io, flags, { result: { services, attributes }, format: (style) => formatServices(services, style) })
}

function formatServices(services: readonly ServiceSummary[], style: Style): string {
  if (services.length === 0) return 'the producer offers no services'
  const rows = services.map(({ name, version, pattern, serializationModes, channels, contractId }) => [
    style.bold(escapeControls(name)),
    `v${version}`,
    pattern,
    serializationModes.map(escapeControls).join(', '),
    Object.keys(channels).map(escapeControls).join(', '),
    contractId === '' ? '-' : `${escapeControls(contractId.slice(0, 16))}…`,
  ])
  return table(style, ['NAME', 'VERSION', 'SCOPE', 'FORMATS', 'CHANNELS', 'CONTRACT'], rows)
}
