import type { AsterClient, Description } from '@aster/client'
import type { Command } from 'commander'
import type { CommandIo } from '../io.ts'
import { warn } from '../output/print.ts'
import { hasReflection } from './target.ts'

/** The options that name the source of types. */
export interface TypeFlags {
  readonly types?: string
  readonly python?: string
}

export function addTypeFlags(command: Command): Command {
  return command
    .option(
      '--types <source>',
      'the types, instead of those that the producer describes: definitions (file.js, file.ts), a module of Python (module:Class), or a manifest or description (file.json)',
    )
    .option(
      '--python <path>',
      'the Python that has aster-rpc, for a module (default: of the virtual environment, else python3)',
    )
}

/** Loads the descriptions of the services that `--types` names. */
async function loadTypes(io: CommandIo, { types, python }: TypeFlags): Promise<Description | undefined> {
  if (types === undefined) return undefined
  // Imported only if needed: calls without `--types` start faster.
  const { loadDescription } = await import('../gen/load-description.ts')
  const { description, warnings } = await loadDescription(io, [types], { python })
  warn(io, warnings)
  return description
}

/** Returns the types of `--types`, else those that the producer describes, else `undefined`. */
export async function findTypes(
  io: CommandIo,
  client: AsterClient,
  {
    flags,
    services,
    signal,
  }: { readonly flags: TypeFlags; readonly services?: readonly string[]; readonly signal?: AbortSignal | undefined },
): Promise<Description | undefined> {
  const loaded = await loadTypes(io, flags)
  if (loaded !== undefined || !hasReflection(client.services)) return loaded
  return client.describe({ ...(services && { services }), signal })
}
