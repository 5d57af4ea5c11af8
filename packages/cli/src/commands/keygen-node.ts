import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { identityPlace } from '../files.ts'
import { labelOf, newNode, readIdentity, writeIdentity } from '../identity-file.ts'
import type { CliIo } from '../io.ts'
import { facts } from '../output/columns.ts'
import { plain } from '../output/plain.ts'
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
  const place = identityPlace(io, '--identity', options.identity)
  const identity = readIdentity(io, place)
  if (identity.node !== undefined && options.force !== true) {
    throw new CliError(
      `${place.name} has a node key already (endpoint id ${identity.node.endpointId}); replace it with --force`,
    )
  }
  const node = newNode()
  writeIdentity(io, place, { node, peers: identity.peers })
  const bound = identity.peers.flatMap((peer, index) =>
    'credential' in peer && peer.credential.endpointId !== undefined ? [labelOf(peer, index)] : [],
  )
  if (bound.length > 0) {
    warn(io, [
      `bound to another endpoint id, so of no use with the new key: ${bound.join(', ')}; enroll anew with --force`,
    ])
  }
  print(io, options, { identityFile: place.name, endpointId: node.endpointId }, (style) =>
    facts(style, [
      ['identity file', `${plain(place.name)}  ${style.dim('secret')}`],
      ['endpoint id', node.endpointId],
    ]),
  )
}
