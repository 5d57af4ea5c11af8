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
import { describeCredential, type DescribedPeer, describePeer } from '../described-peer.ts'
import { describeExpiry } from '../expiry.ts'
import { type FileRef, resolveIdentityFile, withFile } from '../files.ts'
import { readIdentity } from '../identity-file.ts'
import type { CommandIo } from '../io.ts'
import { facts, table } from '../output/columns.ts'
import { escapeControls } from '../output/escape.ts'
import { print, warn } from '../output/print.ts'
import type { Style } from '../output/style.ts'
import { readStdin } from '../stdin.ts'

export function addIdentityShow(parent: Command, io: CommandIo): void {
  parent
    .command('show')
    .description('show the endpoint id and the credentials of a node without secrets, and their faults')
    .argument(
      '[file]',
      'an identity file or a credential file; - for stdin (default: ASTER_IDENTITY_FILE, else .aster-identity)',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  aster identity show .aster-identity')
    .action((file: string | undefined) => showIdentity(io, file))
}

/** The output of the command: an identity file, or a credential file as one peer without a node. */
interface ShownFile {
  readonly file: string
  readonly kind: 'identity' | 'credential'
  readonly endpointId: string | null
  readonly peers: readonly DescribedPeer[]
}

async function showIdentity(io: CommandIo, argument: string | undefined): Promise<void> {
  const file = argument === '-' ? undefined : resolveIdentityFile(io, 'file', argument)
  const piped = file === undefined ? await readStdin(io, 'file') : ''
  const content = withFile(file ?? { name: 'stdin', option: 'file' }, 'an identity file or a credential', () =>
    file === undefined ? parseContent(piped) : readContent(io, file),
  )
  const now = io.now()
  const shown = describeContent(file?.name ?? 'stdin', content, now)
  print(io, { result: shown, format: (style) => formatFile(shown, style, now) })
}

type Content = Identity | ConsumerCredentialFile

function parseContent(text: string): Content {
  const source = { source: 'stdin' }
  return text.trimStart().startsWith('{') ? parseConsumerCredentialFile(text, source) : parseIdentityFile(text, source)
}

function readContent(io: CommandIo, file: FileRef): Content {
  const { name, path, exists } = file
  if (!exists)
    throw new CliError(`there is no file ${name}; aster keygen node or aster enroll consumer makes an identity file`)
  try {
    return readIdentity(io, file)
  } catch (error) {
    // A file that is not TOML may be a credential. If it is not JSON either, the same error is thrown again.
    if (!(error instanceof IdentityError) || error.field !== 'identity_file') throw error
    const { value, warning } = readConsumerCredentialFile(path, { source: name })
    warn(io, [warning])
    return value
  }
}

function describeContent(file: string, content: Content, now: number): ShownFile {
  if ('peers' in content) {
    const endpointId = content.node?.endpointId
    const peers = content.peers.map((peer) => describePeer(peer, { now, endpointId }))
    return { file, kind: 'identity', endpointId: endpointId ?? null, peers }
  }
  const described = describeCredential(content.credential, { now, endpointId: undefined })
  const name = content.credential.attributes['aster.name'] ?? null
  return { file, kind: 'credential', endpointId: null, peers: [{ name, role: 'consumer', ...described }] }
}

function formatFile({ file, kind, endpointId, peers }: ShownFile, style: Style, now: number): string {
  const node = kind === 'identity' ? (endpointId ?? 'none: a new one with each start') : undefined
  const head = facts(style, [
    [`${kind} file`, escapeControls(file)],
    ['endpoint id', node],
    ['peers', peers.length === 0 ? 'none' : undefined],
  ])
  if (peers.length === 0) return head
  const heading = ['NAME', 'ROLE', 'TYPE', 'EXPIRES', 'ENDPOINT', 'ROOT KEY', 'STATE', 'ATTRIBUTES']
  const rows = peers.map((peer) => formatRow(peer, { node: endpointId, style, now }))
  const findings = peers.flatMap(({ name, findings }) =>
    findings.map(({ message }) => `${style.bad(escapeControls(name ?? 'unnamed'))}: ${escapeControls(message)}`),
  )
  return [head, '', table(style, heading, rows), ...(findings.length > 0 ? ['', ...findings] : [])].join('\n')
}

interface RowContext {
  /** The endpoint id of the node of the file. */
  readonly node: string | null
  readonly style: Style
  readonly now: number
}

function formatRow({ name, role, credential, findings }: DescribedPeer, { node, style, now }: RowContext): string[] {
  const state = findings.length === 0 ? style.good('ok') : style.bad(findings.map(({ kind }) => kind).join(', '))
  const label = style.bold(escapeControls(name ?? '-'))
  if (credential === null) return [label, role, '-', '-', '-', '-', state]
  const { type, expiresAt, endpointId, rootPubkey, attributes } = credential
  const endpoint = endpointId === null ? 'any' : endpointId === node ? 'this one' : shorten(endpointId)
  const pairs = Object.entries(attributes).map(([key, value]) => escapeControls(`${key}=${value}`))
  return [label, role, type, describeExpiry(expiresAt, now), endpoint, shorten(rootPubkey), state, pairs.join('  ')]
}

const shorten = (hex: string): string => `${hex.slice(0, 8)}…`
