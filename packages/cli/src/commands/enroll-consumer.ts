import {
  type ConsumerCredential,
  type ConsumerPeer,
  generateNonce,
  type Identity,
  type KeyPair,
  parseEndpointId,
  signCredential,
  type UnsignedCredential,
} from '@aster/identity'
import { writeCredentialFile } from '@aster/identity/node'
import { type Command, Option } from 'commander'
import { parseAttributes } from '../attributes.ts'
import { CliError, usageError } from '../cli-error.ts'
import { describeExpiry, parseExpiry } from '../expiry.ts'
import { type FileRef, makeFolder, resolveFile, resolveIdentityFile, withFile } from '../files.ts'
import { changeIdentity, generateNode } from '../identity-file.ts'
import type { CommandIo } from '../io.ts'
import { facts } from '../output/columns.ts'
import { escapeControls } from '../output/escape.ts'
import { print } from '../output/print.ts'
import { readRootKey } from '../root-key.ts'

interface Options {
  readonly name: string
  readonly rootKey: string
  readonly identity?: string
  readonly out?: string
  readonly endpointId?: string
  readonly ott?: boolean
  readonly expires: string
  readonly role?: string
  readonly capabilities?: string
  readonly attr: readonly string[]
  readonly force?: boolean
}

export function addEnrollConsumer(parent: Command, io: CommandIo): void {
  parent
    .command('consumer')
    .description(
      'sign a credential that admits a consumer. It goes into an identity file, bound to the node key there (which is made if ' +
        'need be), or with --out into a credential file.',
    )
    .usage('--name <name> --root-key <file> [options]')
    .requiredOption('--name <name>', 'the consumer, as identity files and producers know it (attribute aster.name)')
    .requiredOption('--root-key <file>', 'the root key that signs; - reads it from stdin')
    .option(
      '--identity <file>',
      'the identity file, made if it is not there (default: ASTER_IDENTITY_FILE, else .aster-identity)',
    )
    .option('--out <file>', 'write a credential file (JSON) instead, for a consumer whose node key is elsewhere')
    .option('--endpoint-id <id>', 'with --out: the only endpoint that may present it (default: whoever has the file)')
    .option('--ott', 'admit once (a one-time token), not until it expires')
    .option('--expires <when>', 'a duration (30d, 12h), a date, a time, or seconds since the epoch', '30d')
    .option('--role <role>', 'attribute aster.role (default: consumer)')
    .option('--capabilities <a,b>', 'the roles that services may require, separated by commas; in place of --role')
    .addOption(
      new Option('--attr <key=value>', 'a further attribute; may be repeated').argParser(collect).default([], 'none'),
    )
    .option('--force', 'replace a consumer of that name in the identity file, or the file of --out')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  aster enroll consumer --name billing --root-key root.key')
    .action((options: Options) => enrollConsumer(io, options))
}

const collect = (value: string, before: readonly string[]): string[] => [...before, value]

async function enrollConsumer(io: CommandIo, options: Options): Promise<void> {
  const { name, out, identity } = options
  if (name.trim() === '') throw usageError('--name', 'expected a name, found an empty string')
  if (/\p{Cs}/u.test(name)) throw usageError('--name', 'expected well-formed Unicode')
  if (out !== undefined && identity !== undefined) {
    throw usageError('--out', 'writes a credential file and --identity an identity file; give one of them')
  }
  const request: CredentialRequest = {
    name,
    ott: options.ott === true,
    expiresAt: parseExpiry(options.expires, io.now()),
    attributes: parseAttributes(options.attr, options),
    endpointId: options.endpointId === undefined ? undefined : parseEndpointIdOption(options.endpointId),
  }
  const file = out === undefined ? resolveIdentityFile(io, '--identity', identity) : resolveFile(io, '--out', out)
  const rootKey = await readRootKey(io, options.rootKey)
  const enrollment: Enrollment = { file, request, rootKey, force: options.force === true }
  const credential = out === undefined ? addToIdentityFile(io, enrollment) : writeCredential(enrollment)
  printEnrolled(io, options, { file: file.name, credential })
}

/** The content of a credential. */
interface CredentialRequest {
  readonly name: string
  readonly ott: boolean
  readonly expiresAt: number
  readonly attributes: Readonly<Record<string, string>>
  readonly endpointId: string | undefined
}

/** A credential to be signed, and its destination. */
interface Enrollment {
  readonly file: FileRef
  readonly request: CredentialRequest
  readonly rootKey: KeyPair
  /** Whether an entry or file of the same name may be replaced. */
  readonly force: boolean
}

function parseEndpointIdOption(text: string): string {
  try {
    return parseEndpointId(text)
  } catch {
    throw usageError(
      '--endpoint-id',
      'expected 64 hex digits that are an ed25519 public key, as aster keygen node prints them',
    )
  }
}

function sign({ ott, expiresAt, attributes, endpointId }: CredentialRequest, rootKey: KeyPair): ConsumerCredential {
  const parts = { expiresAt, attributes, ...(endpointId !== undefined && { endpointId }) }
  const unsigned = ott
    ? ({ type: 'ott', nonce: generateNonce(), ...parts } as const)
    : ({ type: 'policy', ...parts } as const)
  return signCredential(unsigned satisfies UnsignedCredential, rootKey.secretKey)
}

function writeCredential({ file, request, rootKey, force }: Enrollment): ConsumerCredential {
  if (file.exists && !force) {
    throw new CliError(
      `${file.name} is there already and is not replaced; choose another --out, or replace it with --force`,
    )
  }
  const credential = sign(request, rootKey)
  makeFolder(file)
  withFile(file, 'a credential', () =>
    writeCredentialFile(file.path, credential, { overwrite: force, source: file.name }),
  )
  return credential
}

function addToIdentityFile(io: CommandIo, enrollment: Enrollment): ConsumerCredential {
  let credential: ConsumerCredential | undefined
  changeIdentity(io, enrollment.file, (identity) => {
    const added = addConsumer(identity, enrollment)
    credential = added.credential
    return added.identity
  })
  // `credential` is set, because the change did not throw.
  return credential as unknown as ConsumerCredential
}

function addConsumer(
  identity: Identity,
  { file, request, rootKey, force }: Enrollment,
): { readonly identity: Identity; readonly credential: ConsumerCredential } {
  const { name, endpointId } = request
  if (endpointId !== undefined && endpointId !== identity.node?.endpointId) {
    const node = identity.node === undefined ? 'has no node key' : `is of endpoint ${identity.node.endpointId}`
    throw usageError(
      '--endpoint-id',
      `is not that of ${file.name}, which ${node}; write a credential file with --out for an endpoint elsewhere`,
    )
  }
  const others = identity.peers.filter((peer) => peer.role !== 'consumer' || peer.name !== name)
  if (others.length < identity.peers.length && !force) {
    throw new CliError(
      `${file.name} has a consumer '${name}' already; choose another --name, or replace it with --force`,
    )
  }
  const node = identity.node ?? generateNode()
  const credential = sign({ ...request, endpointId: node.endpointId }, rootKey)
  const peer: ConsumerPeer = { role: 'consumer', name, credential }
  return { identity: { node, peers: replacePeer(identity, peer, others) }, credential }
}

/**
 * Puts the new entry in the place of the old one of the same name. The order matters: without a name, a consumer uses the first.
 */
function replacePeer({ peers }: Identity, peer: ConsumerPeer, others: Identity['peers']): Identity['peers'] {
  const at = peers.findIndex(({ role, name }) => role === 'consumer' && name === peer.name)
  return at < 0 ? [...others, peer] : [...others.slice(0, at), peer, ...others.slice(at)]
}

interface Enrolled {
  /** The name of the file that holds the credential. */
  readonly file: string
  readonly credential: ConsumerCredential
}

function printEnrolled(io: CommandIo, options: Options, { file, credential }: Enrolled): void {
  const { type, endpointId = null, rootPubkey, expiresAt, attributes } = credential
  const alone = options.out !== undefined
  const result = {
    name: options.name,
    type,
    file,
    kind: alone ? 'credential' : 'identity',
    endpointId,
    rootPubkey,
    expiresAt,
    attributes,
  }
  const use = `${alone ? 'ASTER_ENROLLMENT_CREDENTIAL' : 'ASTER_IDENTITY_FILE'}=${file}`
  const pairs = Object.entries(attributes).map(([key, value]) => escapeControls(`${key}=${value}`))
  print(io, {
    result,
    format: (style) =>
      facts(style, [
        ['enrolled', `${style.bold(escapeControls(options.name))}, ${type === 'ott' ? 'once' : 'any number of times'}`],
        ['expires', describeExpiry(expiresAt, io.now())],
        ['attributes', pairs.join('  ')],
        ['endpoint', endpointId ?? style.bad('any: whoever has the file is admitted')],
        ['root key', rootPubkey],
        [
          alone ? 'credential' : 'identity file',
          `${escapeControls(file)}  ${style.dim(`secret, for the consumer: ${escapeControls(use)}`)}`,
        ],
      ]),
  })
}
