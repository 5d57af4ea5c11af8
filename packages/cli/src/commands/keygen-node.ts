import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { resolveIdentityFile } from '../files.ts'
import { formatEntry, generateNode, readIdentity, writeIdentity } from '../identity-file.ts'
import type { CliIo } from '../io.ts'
import { facts } from '../output/columns.ts'
import { escapeControls } from '../output/escape.ts'
import { print, type PrintOptions, warn } from '../output/print.ts'

interface Options extends PrintOptions {
  readonly identity?: string
  readonly force?: boolean
}

export function addKeygenNode(parent: Command, io: CliIo): void {
  parent
    .command('node')
    .description('make a node key, which gives an endpoint a lasting id, and put it into an identity file')
    .option(
      '--identity <file>',
      'the identity file, made if it is not there (default: ASTER_IDENTITY_FILE, else .aster-identity)',
    )
    .option('--force', 'replace a node key that is there; credentials bound to its endpoint id no longer serve')
    .option('--json', 'print JSON')
    .action((options: Options) => keygenNode(io, options))
}

function keygenNode(io: CliIo, options: Options): void {
  const file = resolveIdentityFile(io, '--identity', options.identity)
  const identity = readIdentity(io, file)
  if (identity.node !== undefined && options.force !== true) {
    throw new CliError(
      `${file.name} has a node key already (endpoint id ${identity.node.endpointId}); replace it with --force`,
    )
  }
  const node = generateNode()
  writeIdentity(io, file, { node, peers: identity.peers })
  const bound = identity.peers.flatMap((peer, index) =>
    'credential' in peer && peer.credential.endpointId !== undefined ? [formatEntry(peer, index)] : [],
  )
  if (bound.length > 0) {
    warn(io, [
      `bound to another endpoint id, so of no use with the new key: ${bound.join(', ')}; enroll anew with --force`,
    ])
  }
  print(io, options, {
    result: { identityFile: file.name, endpointId: node.endpointId },
    format: (style) =>
      facts(style, [
        ['identity file', `${escapeControls(file.name)}  ${style.dim('secret')}`],
        ['endpoint id', node.endpointId],
      ]),
  })
}
