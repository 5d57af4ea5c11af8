import { LayerReader, type Reading } from './layer.ts'

/** What an identity file says to one of its peers. */
export interface IdentityLayer {
  /** The file, as messages name it: `.aster-identity`. */
  readonly source: string
  readonly values: {
    readonly rootPubkey?: string | Uint8Array | undefined
    readonly secretKey?: string | Uint8Array | undefined
    /** Whether the peer's entry is a credential. */
    readonly credential?: boolean | undefined
  }
  /** Where in the file each of them is: `.aster-identity peers[0]`. @default the file */
  readonly origins?: { readonly [Name in keyof IdentityLayer['values']]?: string | undefined } | undefined
}

/** Reads what an identity file says, as one source of a configuration. */
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
