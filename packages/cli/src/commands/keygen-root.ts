import { generateKeyPair } from '@aster/identity'
import { writeRootKeyFiles } from '@aster/identity/node'
import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { makeFolderOf, placeOf } from '../files.ts'
import type { CliIo } from '../io.ts'
import { facts } from '../output/columns.ts'
import { plain } from '../output/plain.ts'
import { print, type PrintOptions } from '../output/print.ts'

interface Options extends PrintOptions {
  readonly out: string
  readonly force?: boolean
}

export function addKeygenRoot(parent: Command, io: CliIo): void {
  parent
    .command('root')
    .description('make a root key, which signs the credentials of consumers')
    .option('--out <file>', 'where the key goes (mode 0600); its public half goes beside it, to root.pub', 'root.key')
    .option('--force', 'replace a key that is there; what it signed is then worth nothing')
    .option('--json', 'print JSON')
    .action((options: Options) => keygenRoot(io, options))
}

function keygenRoot(io: CliIo, options: Options): void {
  const place = placeOf(io, '--out', options.out)
  // As `writeRootKeyFiles` names it.
  const publicPlace = placeOf(io, '--out', `${options.out.replace(/\.key$/, '')}.pub`)
  const taken = [place, publicPlace].find(({ exists }) => exists)
  if (taken !== undefined && options.force !== true) {
    throw new CliError(
      `${taken.name} is there already and is not replaced; choose another --out, or replace it with --force`,
    )
  }
  makeFolderOf(place)
  const pair = generateKeyPair()
  writeRootKeyFiles(place.path, pair, { overwrite: options.force })
  const result = { rootKeyFile: place.name, publicKeyFile: publicPlace.name, rootPubkey: pair.publicKey }
  print(io, options, result, (style) =>
    facts(style, [
      ['root key', `${plain(place.name)}  ${style.dim('secret: keep it off the machines that serve')}`],
      ['public key', `${plain(publicPlace.name)}  ${style.dim('for producers: ASTER_ROOT_PUBKEY_FILE')}`],
      ['', pair.publicKey],
    ]),
  )
}
