import { type KeyPair, parseRootKey } from '@aster/identity'
import { readRootKeyFile } from '@aster/identity/node'
import { CliError } from './cli-error.ts'
import { resolveFile } from './files.ts'
import type { CliIo } from './io.ts'
import { warn } from './output/print.ts'
import { readStdin } from './stdin.ts'

/** The root key pair that `--root-key` names: a file as `aster keygen root` writes it, or `-` for stdin. */
export async function readRootKey(io: CliIo, text: string): Promise<KeyPair> {
  if (text === '-') return parseRootKey(await readStdin(io, '--root-key'), { source: 'stdin' })
  const { name, path, exists } = resolveFile(io, '--root-key', text)
  if (!exists) throw new CliError(`there is no root key ${name}; make one with aster keygen root --out ${name}`)
  const { value, warning } = readRootKeyFile(path, { source: name })
  warn(io, [warning])
  return value
}
