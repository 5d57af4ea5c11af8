import type { ServiceSummary } from '@aster/client'
import type { Command } from 'commander'
import { usageError } from '../cli-error.ts'
import { addClientFlags, type ClientFlags, createClient, withClientOptions } from '../client-options.ts'
import type { CommandIo } from '../io.ts'
import { table } from '../output/columns.ts'
import { formatCell } from '../output/escape.ts'
import { print } from '../output/print.ts'
import type { Style } from '../output/style.ts'

export function addServices(parent: Command, io: CommandIo): void {
  const command = parent
    .command('services')
    .description('request admission from a producer and list its services')
    .argument(
      '[address]',
      'a ticket (aster1… or endpoint…), an endpoint id or a base64 NodeAddr (default: ASTER_ENDPOINT_ADDR)',
    )
  addClientFlags(command)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  aster services aster1…')
    .action((address: string | undefined, options: ClientFlags) => listServices(io, address, options))
}

async function listServices(io: CommandIo, address: string | undefined, flags: ClientFlags): Promise<void> {
  await using client = withClientOptions(io, { flags, address }, (options) => {
    if (options.config.endpointAddrs.length > 0) return createClient(io, options)
    throw usageError('address', 'expected that of a producer; name it, or set ASTER_ENDPOINT_ADDR')
  })
  await client.connect()
  const { services, attributes, producer } = client
  print(io, { result: { ...producer, services, attributes }, format: (style) => formatServices(services, style) })
}

function formatServices(services: readonly ServiceSummary[], style: Style): string {
  if (services.length === 0) return 'the producer offers no services'
  const rows = services.map(({ name, version, pattern, serializationModes, channels, contractId }) => [
    style.bold(formatCell(name)),
    `v${version}`,
    pattern,
    formatNames(serializationModes),
    formatNames(Object.keys(channels)),
    contractId === '' ? '-' : `${formatCell(contractId.slice(0, 16))}…`,
  ])
  return table(style, ['NAME', 'VERSION', 'SCOPE', 'FORMATS', 'CHANNELS', 'CONTRACT'], rows)
}

/** The largest number of names in a cell of the table. */
const MAX_NAMES = 8

function formatNames(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map(formatCell)
  if (names.length > MAX_NAMES) shown.push(`${names.length - MAX_NAMES} more`)
  return shown.join(', ')
}
