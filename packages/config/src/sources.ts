import type { Environment } from './environment.ts'
import type { ConfigOptions } from './fields.ts'
import type { IdentityLayer } from './identity-layer.ts'
import type { TomlSource } from './toml.ts'

/** The sources of a configuration, the highest first. */
export interface ConfigSources {
  /** Settings in code. */
  readonly options?: ConfigOptions | undefined
  /** The values of an identity file. */
  readonly identity?: IdentityLayer | undefined
  /** The variables of an environment. */
  readonly env?: Environment | undefined
  /** The text of a TOML file. */
  readonly toml?: TomlSource | undefined
}

/** The source of the credential to send: a file, or the peer's entry of the identity file. */
export type CredentialSource =
  | { readonly kind: 'file'; readonly path: string; readonly source: string }
  /** The peer's entry of the identity file. */
  | { readonly kind: 'identity'; readonly source: string }
