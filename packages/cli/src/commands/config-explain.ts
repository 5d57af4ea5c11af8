import type { AsterConfig, AsterClientOptions } from '@aster/client'
import { type ConfigRow, formatExplanation } from '@aster/config'
import type { Command } from 'commander'
import { addClientFlags, type ClientFlags, clientOptions, createClient } from '../client-options.ts'
import type { CliIo } from '../io.ts'
import { escapeControls } from '../output/escape.ts'
import { print, type PrintOptions } from '../output/print.ts'
import type { Style } from '../output/style.ts'

/** Any address that is one: the endpoint id whose bytes are 1 and zeros. */
const SOME_ADDRESS = `01${'00'.repeat(31)}`

export function addConfigExplain(parent: Command, io: CliIo): void {
  const command = parent
    .command('explain')
    .description('list every setting as a client here would have it, and where it came from; secrets are masked')
  addClientFlags(command)
    .option('--json', 'print JSON')
    .action((options: ClientFlags & PrintOptions) => configExplain(io, options))
}

function configExplain(io: CliIo, flags: ClientFlags & PrintOptions): void {
  const options = clientOptions(io, flags)
  const fields = explainClient(io, options)
  print(io, flags, { result: { fields }, format: (style) => formatFields(fields, style) })
}

/** A client has read the identity file as well, but wants an address, which an explanation can do without. */
function explainClient(io: CliIo, options: AsterClientOptions & { config: AsterConfig }): readonly ConfigRow[] {
  const { config } = options
  if (config.endpointAddrs.length > 0) return createClient(io, options).config.explain()
  const complete = config.withOptions({ endpointAddr: SOME_ADDRESS })
  const rows = createClient(io, { ...options, config: complete }).config.explain()
  const none = config.explain().filter(({ field }) => field === 'endpointAddr')
  return rows.map((row) => none.find(({ field }) => field === row.field) ?? row)
}

function formatFields(fields: readonly ConfigRow[], style: Style): string {
  const lines = formatExplanation(fields).split('\n')
  return lines
    .map((line, index) =>
      fields[index]?.source === 'default' ? style.dim(escapeControls(line)) : escapeControls(line),
    )
    .join('\n')
}
