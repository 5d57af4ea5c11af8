import { AsterClient, type AsterClientOptions, ConfigError } from '@aster/client'
import { AsterConfig, type ConfigIssue } from '@aster/config'
import { recognizeFile } from '@aster/identity'
import { readTextFile } from '@aster/identity/node'
import type { Command } from 'commander'
import { CliError, usageError } from './cli-error.ts'
import { describeOtherKind, type FileRef, isFileKind, resolveFile } from './files.ts'
import type { CommandIo } from './io.ts'
import { warn } from './output/print.ts'

/** The options that all commands share that create a client or explain its configuration. */
export interface ClientFlags {
  readonly config?: string
  readonly identity?: string
  readonly peer?: string
  readonly credential?: string
  readonly rootPubkey?: string
  readonly timeout?: string
  /** Takes the place of `timeout` in commands whose `--timeout` limits a call. */
  readonly connectTimeout?: string
}

/** @param timeout the name of the option that limits the time to reach the producer */
export function addClientFlags(command: Command, timeout: '--timeout' | '--connect-timeout' = '--timeout'): Command {
  return command
    .option(
      '--identity <file>',
      'the identity file (default: ASTER_IDENTITY_FILE, else .aster-identity if it is there)',
    )
    .option('--peer <name>', 'the consumer of the identity file to be (default: the first)')
    .option('--credential <file>', 'a credential file (default: ASTER_ENROLLMENT_CREDENTIAL)')
    .option('--root-pubkey <hex>', 'the root public key that the producer must name (default: ASTER_ROOT_PUBKEY)')
    .option('--config <file>', 'an aster.toml, below the environment')
    .option(`${timeout} <ms>`, 'how long reaching the producer and being admitted may take (default: 10000)')
}

/** Maps the names of settings, as errors have them, to the flags that set them. */
const FLAGS: Readonly<Record<string, string>> = {
  endpointAddr: 'address',
  identityFile: '--identity',
  enrollmentCredentialFile: '--credential',
  rootPubkey: '--root-pubkey',
  connectTimeoutMs: '--timeout',
  peer: '--peer',
}

/**
 * Reads the configuration and passes it on. Flags override the environment, which overrides the TOML file.
 *
 * @throws ConfigError if a setting is wrong; if a flag set it, the message names the flag
 */
export function withClientOptions<T>(
  io: CommandIo,
  { flags, address }: { readonly flags: ClientFlags; readonly address?: string | undefined },
  use: (options: AsterClientOptions & { config: AsterConfig }) => T,
): T {
  const { config, identity, peer, credential, rootPubkey } = flags
  const [option, timeout] =
    flags.connectTimeout === undefined ? ['--timeout', flags.timeout] : ['--connect-timeout', flags.connectTimeout]
  const toml = resolveExisting(io, '--config', config)
  const identityFile = resolveExisting(io, '--identity', identity)
  const credentialFile = resolveExisting(io, '--credential', credential)
  if (toml !== undefined) assertToml(toml)
  const files = [toml, identityFile, credentialFile].filter((file) => file !== undefined)
  try {
    const base = toml === undefined ? AsterConfig.fromEnv(io.env) : AsterConfig.fromFile(toml.path, io.env)
    const own = {
      endpointAddr: address,
      identityFile: identityFile?.path,
      enrollmentCredentialFile: credentialFile?.path,
      rootPubkey,
      connectTimeoutMs: timeout === undefined ? undefined : parseTimeout(option, timeout),
    }
    return use({ config: base.withOptions(own, 'command line'), peer })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(error.issues.map((issue) => ({ ...issue, message: describeIssue(issue, files) })))
  }
}

/** Rewrites an error so that it names the flag and the value as they were typed. */
function describeIssue({ source, found, expected, message }: ConfigIssue, files: readonly FileRef[]): string {
  const [, field = '', place = ''] = /^(?:command line|option) (\w+)(?:: (.*))?$/.exec(source) ?? []
  const flag = Object.hasOwn(FLAGS, field) ? FLAGS[field] : undefined
  const words = isFileKind(found) ? describeOtherKind(found, expected) : `found ${found}, expected ${expected}`
  const own = flag === undefined ? message : [flag, place, words].filter(Boolean).join(': ')
  return files.reduce((text, { path, name }) => text.replaceAll(path, name), own)
}

/** Resolves the file of an option. The error for a missing file has the path as it was typed. */
function resolveExisting(io: CommandIo, option: string, text: string | undefined): FileRef | undefined {
  if (text === undefined) return undefined
  const file = resolveFile(io, option, text)
  if (file.exists) return file
  throw new CliError(`${option}: there is no file ${text}`, { usage: true, help: false })
}

function assertToml({ option, name, path }: FileRef): void {
  const file = readTextFile(path)
  const kind = 'text' in file ? recognizeFile(file.text) : undefined
  if (kind === undefined) return
  const message = `${option}: ${name}: ${describeOtherKind(kind, 'an aster.toml')}`
  throw new CliError(message, { usage: true, help: false })
}

/**
 * Creates a client that is not connected yet. Writes a warning for each doubtful setting; its later warnings are dropped, as
 * errors report failures.
 */
export function createClient(io: CommandIo, options: AsterClientOptions): AsterClient {
  const warnings: string[] = []
  const silent = (): void => undefined
  const keep = (_fields: object, message: string): void => void warnings.push(message)
  const client = new AsterClient({ ...options, logger: { debug: silent, info: silent, warn: keep, error: silent } })
  warn(io, warnings)
  return client
}

export function parseTimeout(option: string, text: string): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : 0
  if (value < 1 || value > 2_147_483_647) throw usageError(option, 'expected milliseconds, 1 to 2147483647')
  return value
}
