import { AsterConfig, type ConfigRow, formatExplanation } from '@aster/config'
import type { Command } from 'commander'
import { addClientFlags, type ClientFlags, clientOptions } from '../client-options.ts'
import type { CliIo } from '../io.ts'
import { escapeControls } from '../output/escape.ts'
import { print, type PrintOptions, warn } from '../output/print.ts'
import type { Style } from '../output/style.ts'

export function addConfigExplain(parent: Command, io: CliIo): void {
  const command = parent
    .command('explain')
    .description('list every setting as a client here would have it, and where it came from; secrets are masked')
  addClientFlags(command)
    .option('--json', 'print JSON')
    .action((options: ClientFlags & PrintOptions) => configExplain(io, options))
}

function configExplain(io: CliIo, flags: ClientFlags & PrintOptions): void {
  const { config, warnings } = AsterConfig.forConsumer(clientOptions(io, flags))
  warn(io, warnings)
  const fields = config.explain()
  print(io, flags, { result: { fields }, format: (style) => formatFields(fields, style) })
}

function formatFields(fields: readonly ConfigRow[], style: Style): string {
  const lines = formatExplanation(fields).split('\n')
  return lines
    .map((line, index) =>
      fields[index]?.source === 'default' ? style.dim(escapeControls(line)) : escapeControls(line),
    )
    .join('\n')
}
