import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ConsumerCredential, Identity } from '@aster/identity'
import { type Loaded, readConsumerCredentialFile, readIdentityFile } from '@aster/identity/node'
import { withConfigError } from './with-config-error.ts'

/** The identity file of the working directory, which is used if no other file is named. */
export const DEFAULT_IDENTITY_FILE = '.aster-identity'

/** An identity file that was read. */
export interface IdentityFile {
  /** The name of the file in messages. */
  readonly name: string
  readonly identity: Identity
  readonly warnings: readonly string[]
}

/** The place of the identity file of a configuration, whether or not the file exists. */
export interface IdentityFilePlace {
  /** The absolute path. */
  readonly path: string
  /** Whether the file exists. */
  readonly found: boolean
}

/** A credential file that was read. */
export interface CredentialFile {
  readonly credential: ConsumerCredential
  /** The file as an identity file, or `undefined` if it is JSON. */
  readonly identityFile: IdentityFile | undefined
  readonly warnings: readonly string[]
}

/** The part of a configuration that names the identity file. */
interface NamedFile {
  readonly identityFile: string | false | undefined
  origin(field: 'identityFile'): string
}

/** Returns the place of the identity file of a configuration, or `undefined` if the configuration uses no identity file. */
export function findIdentityFile({ identityFile }: Pick<NamedFile, 'identityFile'>): IdentityFilePlace | undefined {
  if (identityFile === false) return undefined
  const path = resolve(identityFile ?? DEFAULT_IDENTITY_FILE)
  return { path, found: existsSync(path) }
}

/**
 * Reads the identity file of a configuration. If the configuration names no file, the one in the working directory is read if
 * it exists.
 *
 * @throws ConfigError if the file cannot be read, or is ill-formed
 */
export function loadIdentityFile(config: NamedFile, place: IdentityFilePlace | undefined): IdentityFile | undefined {
  const named = config.identityFile
  if (named === false || place === undefined || (named === undefined && !place.found)) return undefined
  const { path } = place
  const name = named ?? DEFAULT_IDENTITY_FILE
  const source = named === undefined ? name : config.origin('identityFile')
  const loaded = withConfigError({ field: 'identityFile', source }, () => readIdentityFile(path, { source: name }))
  return { name, identity: loaded.value, warnings: warningsIn(loaded) }
}

/**
 * Reads a credential file.
 *
 * @param peer the name of the entry if the file is an identity file, by default the first consumer
 * @throws ConfigError if the file cannot be read, is ill-formed, or has no such entry
 */
export function loadCredentialFile(
  { path, source }: { readonly path: string; readonly source: string },
  peer: string | undefined,
): CredentialFile {
  const loaded = withConfigError({ field: 'enrollmentCredentialFile', source }, () =>
    readConsumerCredentialFile(resolve(path), { source: path, peer }),
  )
  const { credential, identity } = loaded.value
  const warnings = warningsIn(loaded)
  return { credential, identityFile: identity && { name: path, identity, warnings }, warnings }
}

const warningsIn = ({ warning }: Loaded<unknown>): readonly string[] => (warning === undefined ? [] : [warning])
