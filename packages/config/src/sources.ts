import type { Environment } from './environment.ts'
import type { ConfigOptions } from './fields.ts'
import type { IdentityLayer } from './identity-layer.ts'
import type { TomlSource } from './toml.ts'

/** What a configuration is made from, the highest first. */
export interface ConfigSources {
  readonly options?: ConfigOptions | undefined
  readonly identity?: IdentityLayer | undefined
  readonly env?: Environment | undefined
  readonly toml?: TomlSource | undefined
}

/** Which credential is to be sent. */
export type CredentialSource =
  | { readonly kind: 'file'; readonly path: string; readonly source: string }
  /** The peer's entry of the identity file. */
  | { readonly kind: 'identity'; readonly source: string }
