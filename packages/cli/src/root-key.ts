import { type KeyPair, parseRootKey } from '@aster/identity'
import { readRootKeyFile } from '@aster/identity/node'
import { CliError } from './cli-error.ts'
import { resolveFile, withFile } from './files.ts'
import type { CommandIo } from './io.ts'
import { warn } from './output/print.ts'
import { readStdin } from './stdin.ts'

/** Reads the root key pair that `--root-key` names: a file that `aster keygen root` wrote, or `-` for stdin. */
export async function readRootKey(io: CommandIo, text: string): Promise<KeyPair> {
  if (text === '-') {
    const content = await readStdin(io, '--root-key')
    return withFile({ name: 'stdin', option: '--root-key' }, 'a root key', () =>
      parseRootKey(content, { source: 'stdin' }),
    )
  }
  const file = resolveFile(io, '--root-key', text)
  const { name, path, exists } = file
  if (!exists)
    throw new CliError(`--root-key: there is no root key ${name}; make one with aster keygen root --out ${name}`)
  const { value, warning } = withFile(file, 'a root key', () => readRootKeyFile(path, { source: name }))
  warn(io, [warning])
  return value
}
