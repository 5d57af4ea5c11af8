import { LayerReader, type Reading } from './layer.ts'

/** The values of an identity file for one of its peers, as a source of a configuration. */
export interface IdentityLayer {
  /** The name of the file in messages, such as `.aster-identity`. */
  readonly source: string
  /** The values of the file. */
  readonly values: {
    readonly rootPubkey?: string | Uint8Array | undefined
    readonly secretKey?: string | Uint8Array | undefined
    /** Whether the peer's entry is a credential. */
    readonly credential?: boolean | undefined
  }
  /**
   * The place of each value in the file, such as `.aster-identity peers[0]`.
   *
   * @default the file
   */
  readonly origins?: { readonly [Name in keyof IdentityLayer['values']]?: string | undefined } | undefined
}

/** Reads the values of an identity file as a source of a configuration. */
export function readIdentityLayer({ source, values, origins = {} }: IdentityLayer): Reading {
  const reader = new LayerReader()
  for (const name of ['rootPubkey', 'secretKey'] as const) {
    const found = values[name]
    if (found !== undefined) reader.add(name, { form: 'value', found, origin: origins[name] ?? source })
  }
  if (values.credential) {
    reader.layer.set('enrollmentCredentialFile', { origin: origins.credential ?? source })
  }
  return reader
}
