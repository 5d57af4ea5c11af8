import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { resolveIdentityFile } from '../files.ts'
import { changeIdentity, formatEntry, generateNode } from '../identity-file.ts'
import type { CommandIo } from '../io.ts'
import { facts } from '../output/columns.ts'
import { escapeControls } from '../output/escape.ts'
import { print, warn } from '../output/print.ts'

interface Options {
  readonly identity?: string
  readonly force?: boolean
}

export function addKeygenNode(parent: Command, io: CommandIo): void {
  parent
    .command('node')
    .description('make a node key, which keeps the id of an endpoint the same, and put it into an identity file')
    .option(
      '--identity <file>',
      'the identity file, made if it is not there (default: ASTER_IDENTITY_FILE, else .aster-identity)',
    )
    .option('--force', 'replace a node key that is there; credentials bound to its endpoint id no longer serve')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  aster keygen node --identity .aster-identity')
    .action((options: Options) => keygenNode(io, options))
}

function keygenNode(io: CommandIo, options: Options): void {
  const file = resolveIdentityFile(io, '--identity', options.identity)
  const node = generateNode()
  let bound: readonly string[] = []
  changeIdentity(io, file, (identity) => {
    if (identity.node !== undefined && options.force !== true) {
      throw new CliError(
        `${file.name} has a node key already (endpoint id ${identity.node.endpointId}); replace it with --force`,
      )
    }
    bound = identity.peers.flatMap((peer, index) =>
      'credential' in peer && peer.credential.endpointId !== undefined ? [formatEntry(peer, index)] : [],
    )
    return { node, peers: identity.peers }
  })
  if (bound.length > 0) {
    warn(io, [
      `bound to another endpoint id, so of no use with the new key: ${bound.join(', ')}; enroll anew with --force`,
    ])
  }
  print(io, {
    result: { identityFile: file.name, endpointId: node.endpointId },
    format: (style) =>
      facts(style, [
        ['identity file', `${escapeControls(file.name)}  ${style.dim('secret')}`],
        ['endpoint id', node.endpointId],
      ]),
  })
}
