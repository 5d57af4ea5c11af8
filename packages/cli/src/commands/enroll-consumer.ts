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
import type { Command } from 'commander'
import { parseAttributes } from '../attributes.ts'
import { CliError, usageError } from '../cli-error.ts'
import { describeExpiry, parseExpiry } from '../expiry.ts'
import { identityPlace, makeFolderOf, type Place, placeOf } from '../files.ts'
import { newNode, readIdentity, writeIdentity } from '../identity-file.ts'
import type { CliIo } from '../io.ts'
import { facts } from '../output/columns.ts'
import { plain } from '../output/plain.ts'
import { print, type PrintOptions } from '../output/print.ts'
import { readRootKey } from '../root-key.ts'

interface Options extends PrintOptions {
  readonly name: string
  readonly rootKey: string
  readonly identity?: string
  readonly out?: string
  readonly endpointId?: string
  readonly ott?: boolean
  readonly expires: string
  readonly role?: string
  readonly attr: readonly string[]
  readonly force?: boolean
}

export function addEnrollConsumer(parent: Command, io: CliIo): void {
  parent
    .command('consumer')
    .description(
      'sign a credential that admits a consumer. It goes into an identity file, bound to the node key there (which is made if\n' +
        'need be), or with --out into a credential file.',
    )
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
    .option('--attr <key=value>', 'a further attribute; may be repeated', collect, [])
    .option('--force', 'replace a consumer of that name in the identity file, or the file of --out')
    .option('--json', 'print JSON')
    .action((options: Options) => enrollConsumer(io, options))
}

const collect = (value: string, before: readonly string[]): string[] => [...before, value]

async function enrollConsumer(io: CliIo, options: Options): Promise<void> {
  const { name, out, identity } = options
  if (name.trim() === '') throw usageError('--name', 'expected a name, found an empty text')
  if (/\p{Cs}/u.test(name)) throw usageError('--name', 'expected well-formed Unicode')
  if (out !== undefined && identity !== undefined) {
    throw usageError('--out', 'writes a credential file and --identity an identity file; give one of them')
  }
  const wanted: Wanted = {
    name,
    ott: options.ott === true,
    expiresAt: parseExpiry(options.expires, io.now()),
    attributes: parseAttributes(options.attr, options),
    endpointId: options.endpointId === undefined ? undefined : endpointIdOf(options.endpointId),
  }
  const place = out === undefined ? identityPlace(io, '--identity', identity) : placeOf(io, '--out', out)
  const rootKey = await readRootKey(io, options.rootKey)
  const force = options.force === true
  const credential =
    out === undefined ? addToIdentity(io, place, wanted, rootKey, force) : writeAlone(place, wanted, rootKey, force)
  report(io, options, place, credential)
}

interface Wanted {
  readonly name: string
  readonly ott: boolean
  readonly expiresAt: number
  readonly attributes: Readonly<Record<string, string>>
  readonly endpointId: string | undefined
}

function endpointIdOf(text: string): string {
  try {
    return parseEndpointId(text)
  } catch {
    throw usageError(
      '--endpoint-id',
      'expected 64 hex digits that are an ed25519 public key, as aster keygen node prints them',
    )
  }
}

function sign({ ott, expiresAt, attributes, endpointId }: Wanted, rootKey: KeyPair): ConsumerCredential {
  const parts = { expiresAt, attributes, ...(endpointId !== undefined && { endpointId }) }
  const unsigned = ott
    ? ({ type: 'ott', nonce: generateNonce(), ...parts } as const)
    : ({ type: 'policy', ...parts } as const)
  return signCredential(unsigned satisfies UnsignedCredential, rootKey.secretKey)
}

function writeAlone(place: Place, wanted: Wanted, rootKey: KeyPair, force: boolean): ConsumerCredential {
  if (place.exists && !force) {
    throw new CliError(
      `${place.name} is there already and is not replaced; choose another --out, or replace it with --force`,
    )
  }
  const credential = sign(wanted, rootKey)
  makeFolderOf(place)
  writeCredentialFile(place.path, credential, { overwrite: force })
  return credential
}

function addToIdentity(io: CliIo, place: Place, wanted: Wanted, rootKey: KeyPair, force: boolean): ConsumerCredential {
  const { name, endpointId } = wanted
  const identity = readIdentity(io, place)
  if (endpointId !== undefined && endpointId !== identity.node?.endpointId) {
    const node = identity.node === undefined ? 'has no node key' : `is of endpoint ${identity.node.endpointId}`
    throw usageError(
      '--endpoint-id',
      `is not that of ${place.name}, which ${node}; write a credential file with --out for an endpoint elsewhere`,
    )
  }
  const others = identity.peers.filter((peer) => peer.role !== 'consumer' || peer.name !== name)
  if (others.length < identity.peers.length && !force) {
    throw new CliError(
      `${place.name} has a consumer '${name}' already; choose another --name, or replace it with --force`,
    )
  }
  const node = identity.node ?? newNode()
  const credential = sign({ ...wanted, endpointId: node.endpointId }, rootKey)
  const peer: ConsumerPeer = { role: 'consumer', name, credential }
  writeIdentity(io, place, { node, peers: replaced(identity, peer, others) })
  return credential
}

/** The new entry stands where the old one of its name stood: without a name, a consumer takes the first. */
function replaced({ peers }: Identity, peer: ConsumerPeer, others: Identity['peers']): Identity['peers'] {
  const at = peers.findIndex(({ role, name }) => role === 'consumer' && name === peer.name)
  return at < 0 ? [...others, peer] : [...others.slice(0, at), peer, ...others.slice(at)]
}

function report(io: CliIo, options: Options, { name: file }: Place, credential: ConsumerCredential): void {
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
  const pairs = Object.entries(attributes).map(([key, value]) => plain(`${key}=${value}`))
  print(io, options, result, (style) =>
    facts(style, [
      ['enrolled', `${style.bold(plain(options.name))}, ${type === 'ott' ? 'once' : 'any number of times'}`],
      ['expires', describeExpiry(expiresAt, io.now())],
      ['attributes', pairs.join('  ')],
      ['endpoint', endpointId ?? style.bad('any: whoever has the file is admitted')],
      ['root key', rootPubkey],
      [
        alone ? 'credential' : 'identity file',
        `${plain(file)}  ${style.dim(`secret, for the consumer: ${plain(use)}`)}`,
      ],
    ]),
  )
}
