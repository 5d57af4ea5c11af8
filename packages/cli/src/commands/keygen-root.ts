import { generateKeyPair } from '@aster/identity'
import { writeRootKeyFiles } from '@aster/identity/node'
import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { makeFolder, resolveFile, withFile } from '../files.ts'
import type { CommandIo } from '../io.ts'
import { facts } from '../output/columns.ts'
import { escapeControls } from '../output/escape.ts'
import { print } from '../output/print.ts'

interface Options {
  readonly out: string
  readonly force?: boolean
}

export function addKeygenRoot(parent: Command, io: CommandIo): void {
  parent
    .command('root')
    .description('make a root key, which signs the credentials of consumers')
    .option('--out <file>', 'where the key goes (mode 0600); its public half goes beside it, to root.pub', 'root.key')
    .option('--force', 'replace a key that is there; what it signed is then worth nothing')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  aster keygen root --out keys/root.key')
    .action((options: Options) => keygenRoot(io, options))
}

function keygenRoot(io: CommandIo, options: Options): void {
  const file = resolveFile(io, '--out', options.out)
  // The same name as in `writeRootKeyFiles`.
  const publicFile = resolveFile(io, '--out', `${options.out.replace(/\.key$/, '')}.pub`)
  const taken = [file, publicFile].find(({ exists }) => exists)
  if (taken !== undefined && options.force !== true) {
    throw new CliError(
      `${taken.name} is there already and is not replaced; choose another --out, or replace it with --force`,
    )
  }
  makeFolder(file)
  const pair = generateKeyPair()
  withFile(file, 'a root key', () =>
    writeRootKeyFiles(file.path, pair, { overwrite: options.force, source: file.name }),
  )
  print(io, {
    result: { rootKeyFile: file.name, publicKeyFile: publicFile.name, rootPubkey: pair.publicKey },
    format: (style) =>
      facts(style, [
        ['root key', `${escapeControls(file.name)}  ${style.dim('secret: keep it off the machines that serve')}`],
        ['public key', `${escapeControls(publicFile.name)}  ${style.dim('for producers: ASTER_ROOT_PUBKEY_FILE')}`],
        ['', pair.publicKey],
      ]),
  })
}
