import { AsterConfig, type ConfigRow, formatExplanation } from '@aster/config'
import type { Command } from 'commander'
import { addClientFlags, type ClientFlags, withClientOptions } from '../client-options.ts'
import type { CommandIo } from '../io.ts'
import { escapeControls } from '../output/escape.ts'
import { print, warn } from '../output/print.ts'
import type { Style } from '../output/style.ts'

export function addConfigExplain(parent: Command, io: CommandIo): void {
  const command = parent
    .command('explain')
    .description('list every setting of a client in this folder, and its source; secrets are masked')
  addClientFlags(command)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  aster config explain --config aster.toml')
    .action((options: ClientFlags) => configExplain(io, options))
}

function configExplain(io: CommandIo, flags: ClientFlags): void {
  const { config, warnings } = withClientOptions(io, { flags }, (options) => AsterConfig.forConsumer(options))
  warn(io, warnings)
  const fields = config.explain()
  print(io, { result: { fields }, format: (style) => formatFields(fields, style) })
}

function formatFields(fields: readonly ConfigRow[], style: Style): string {
  const lines = formatExplanation(fields).split('\n')
  return lines
    .map((line, index) =>
      fields[index]?.source === 'default' ? style.dim(escapeControls(line)) : escapeControls(line),
    )
    .join('\n')
}
