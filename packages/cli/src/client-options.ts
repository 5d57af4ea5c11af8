import { AsterClient, type AsterClientOptions } from '@aster/client'
import { AsterConfig } from '@aster/config'
import type { Command } from 'commander'
import { usageError } from './cli-error.ts'
import { resolveFile } from './files.ts'
import type { CliIo } from './io.ts'
import { warn } from './output/print.ts'

/** What the commands have in common that are a client, or tell what one would be. */
export interface ClientFlags {
  readonly config?: string
  readonly identity?: string
  readonly peer?: string
  readonly credential?: string
  readonly rootPubkey?: string
  readonly timeout?: string
}

export function addClientFlags(command: Command): Command {
  return command
    .option(
      '--identity <file>',
      'the identity file (default: ASTER_IDENTITY_FILE, else .aster-identity if it is there)',
    )
    .option('--peer <name>', 'the consumer of the identity file to be (default: the first)')
    .option('--credential <file>', 'a credential file (default: ASTER_ENROLLMENT_CREDENTIAL)')
    .option('--root-pubkey <hex>', 'the root public key that the producer must name (default: ASTER_ROOT_PUBKEY)')
    .option('--config <file>', 'an aster.toml, below the environment')
    .option('--timeout <ms>', 'how long reaching the producer and being admitted may take (default: 10000)')
}

/** The flags above the environment above the TOML file. */
export function clientOptions(
  io: CliIo,
  flags: ClientFlags,
  address?: string,
): AsterClientOptions & { config: AsterConfig } {
  const { config: toml, identity, peer, credential, rootPubkey, timeout } = flags
  const base =
    toml === undefined
      ? AsterConfig.fromEnv(io.env)
      : AsterConfig.fromFile(resolveFile(io, '--config', toml).path, io.env)
  const config = base.withOptions(
    {
      endpointAddr: address,
      identityFile: identity === undefined ? undefined : resolveFile(io, '--identity', identity).path,
      enrollmentCredentialFile: credential === undefined ? undefined : resolveFile(io, '--credential', credential).path,
      rootPubkey,
      connectTimeoutMs: timeout === undefined ? undefined : parseTimeout(timeout),
    },
    'command line',
  )
  return { config, peer }
}

/** A client, not connected. What is odd in its settings is warned of; what happens later, errors tell. */
export function createClient(io: CliIo, options: AsterClientOptions): AsterClient {
  const warnings: string[] = []
  const silent = (): void => undefined
  const keep = (_fields: object, message: string): void => void warnings.push(message)
  const client = new AsterClient({ ...options, logger: { debug: silent, info: silent, warn: keep, error: silent } })
  warn(io, warnings)
  return client
}

function parseTimeout(text: string): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : 0
  if (value < 1 || value > 2_147_483_647) throw usageError('--timeout', 'expected milliseconds, 1 to 2147483647')
  return value
}
