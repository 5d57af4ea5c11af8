import * as v from 'valibot'
import { ConfigError } from './config-error.ts'
import { publicKey } from './kinds/public-key.ts'
import { readTextFile } from './read-text-file.ts'
import { quote } from './show.ts'

const key = publicKey().text
const keyFile = v.object({ public_key: key })
const expected = 'a root key file: 64 hex digits, or JSON with them as public_key'

/**
 * Reads the public key of a root key file, `root.pub` or `root.key`. What is in the file is never shown: it may be the
 * secret key.
 *
 * @throws ConfigError
 */
export function readRootKeyFile(path: string, source: string): string {
  const file = readTextFile(path)
  const found = 'problem' in file ? file.problem : parseKey(file.text)
  if (typeof found === 'string') {
    throw new ConfigError([{ field: 'rootPubkeyFile', source, found: `${found}: ${quote(path)}`, expected }])
  }
  return found.key
}

function parseKey(text: string): { key: string } | string {
  const hex = v.safeParse(key, text)
  if (hex.success) return { key: hex.output }
  const json = v.safeParse(keyFile, parseJson(text))
  return json.success ? { key: json.output.public_key } : 'a file with no public key'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
