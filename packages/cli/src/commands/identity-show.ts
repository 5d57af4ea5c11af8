import {
  type ConsumerCredentialFile,
  type Identity,
  IdentityError,
  parseConsumerCredentialFile,
  parseIdentityFile,
} from '@aster/identity'
import { readConsumerCredentialFile } from '@aster/identity/node'
import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { type DescribedPeer, describeCredential, describePeer } from '../described-peer.ts'
import { describeExpiry } from '../expiry.ts'
import { identityPlace, type Place } from '../files.ts'
import { readIdentity } from '../identity-file.ts'
import type { CliIo } from '../io.ts'
import { facts, table } from '../output/columns.ts'
import { plain } from '../output/plain.ts'
import { print, type PrintOptions, warn } from '../output/print.ts'
import type { Style } from '../output/style.ts'
import { readStdin } from '../stdin.ts'

export function addIdentityShow(parent: Command, io: CliIo): void {
  parent
    .command('show')
    .description('show who a node is and what it may present, without the secrets, and what speaks against it')
    .argument(
      '[file]',
      'an identity file or a credential file; - for stdin (default: ASTER_IDENTITY_FILE, else .aster-identity)',
    )
    .option('--json', 'print JSON')
    .action((file: string | undefined, options: PrintOptions) => identityShow(io, file, options))
}

/** What the command prints: an identity file, or a credential file as one peer without a node. */
interface ShownFile {
  readonly file: string
  readonly kind: 'identity' | 'credential'
  readonly endpointId: string | null
  readonly peers: readonly DescribedPeer[]
}

async function identityShow(io: CliIo, argument: string | undefined, options: PrintOptions): Promise<void> {
  const place = argument === '-' ? undefined : identityPlace(io, 'file', argument)
  const content = place === undefined ? parse(await readStdin(io, 'file')) : read(io, place)
  const now = io.now()
  const shown = describe(place?.name ?? 'stdin', content, now)
  print(io, options, shown, (style) => text(shown, style, now))
}

type Content = Identity | ConsumerCredentialFile

function parse(text: string): Content {
  const source = { source: 'stdin' }
  return text.trimStart().startsWith('{') ? parseConsumerCredentialFile(text, source) : parseIdentityFile(text, source)
}

function read(io: CliIo, place: Place): Content {
  const { name, path, exists } = place
  if (!exists)
    throw new CliError(`there is no file ${name}; aster keygen node or aster enroll consumer makes an identity file`)
  try {
    return readIdentity(io, place)
  } catch (error) {
    // What is no TOML may be a credential; what is no JSON either gets the same error again.
    if (!(error instanceof IdentityError) || error.field !== 'identity_file') throw error
    const { value, warning } = readConsumerCredentialFile(path, { source: name })
    warn(io, [warning])
    return value
  }
}

function describe(file: string, content: Content, now: number): ShownFile {
  if ('peers' in content) {
    const endpointId = content.node?.endpointId
    const peers = content.peers.map((peer) => describePeer(peer, { now, endpointId }))
    return { file, kind: 'identity', endpointId: endpointId ?? null, peers }
  }
  const described = describeCredential(content.credential, { now, endpointId: undefined })
  const name = content.credential.attributes['aster.name'] ?? null
  return { file, kind: 'credential', endpointId: null, peers: [{ name, role: 'consumer', ...described }] }
}

function text({ file, kind, endpointId, peers }: ShownFile, style: Style, now: number): string {
  const node = kind === 'identity' ? (endpointId ?? 'none: a new one with each start') : undefined
  const head = facts(style, [
    [`${kind} file`, plain(file)],
    ['endpoint id', node],
    ['peers', peers.length === 0 ? 'none' : undefined],
  ])
  if (peers.length === 0) return head
  const heading = ['NAME', 'ROLE', 'TYPE', 'EXPIRES', 'ENDPOINT', 'ROOT KEY', 'STATE', 'ATTRIBUTES']
  const rows = peers.map((peer) => row(peer, endpointId, style, now))
  const findings = peers.flatMap(({ name, findings }) =>
    findings.map(({ message }) => `${style.bad(plain(name ?? 'unnamed'))}: ${plain(message)}`),
  )
  return [head, '', table(style, heading, rows), ...(findings.length > 0 ? ['', ...findings] : [])].join('\n')
}

function row(
  { name, role, credential, findings }: DescribedPeer,
  node: string | null,
  style: Style,
  now: number,
): string[] {
  const state = findings.length === 0 ? style.good('ok') : style.bad(findings.map(({ kind }) => kind).join(', '))
  const label = style.bold(plain(name ?? '-'))
  if (credential === null) return [label, role, '-', '-', '-', '-', state]
  const { type, expiresAt, endpointId, rootPubkey, attributes } = credential
  const endpoint = endpointId === null ? 'any' : endpointId === node ? 'this one' : short(endpointId)
  const pairs = Object.entries(attributes).map(([key, value]) => plain(`${key}=${value}`))
  return [label, role, type, describeExpiry(expiresAt, now), endpoint, short(rootPubkey), state, pairs.join('  ')]
}

const short = (hex: string): string => `${hex.slice(0, 8)}…`
