import type { RelayMode } from './kinds/relay-mode.ts'

export type LogFormat = 'text' | 'json'
export type LogLevel = 'debug' | 'info' | 'warning' | 'error'

/** Settings given in code. They win over every other source; `undefined` is the same as not given. */
export interface ConfigOptions {
  /** Where the producer is: a ticket, an endpoint id in hex, or base64 of a NodeAddr; several are tried in order. */
  readonly endpointAddr?: string | readonly string[] | undefined
  /** The expected root public key of the producer: 64 hex digits or 32 bytes. Wins over `rootPubkeyFile`. */
  readonly rootPubkey?: string | Uint8Array | undefined
  /** A file that holds it: hex, or JSON with `public_key`. */
  readonly rootPubkeyFile?: string | undefined
  /** A credential file, JSON or an identity file. */
  readonly enrollmentCredentialFile?: string | undefined
  /** Cloud instance identity document, for credentials that ask for one. */
  readonly enrollmentCredentialIid?: string | undefined
  /** The node's ed25519 secret key: base64 of 32 bytes, or the bytes. @default a new one per endpoint */
  readonly secretKey?: string | Uint8Array | undefined
  /** @default `.aster-identity` in the working directory, if there */
  readonly identityFile?: string | undefined
  /** Producers: admit consumers that send no credential. @default false */
  readonly allowAllConsumers?: boolean | undefined
  /** Producers: the folder of the used one-time nonces. @default kept in memory */
  readonly storagePath?: string | undefined
  /** `default`, `disabled`, `staging`, or the URL of a relay. @default 'default' */
  readonly relayMode?: RelayMode | undefined
  /** The local address, `ip:port` or `[ipv6]:port`. @default any */
  readonly bindAddr?: string | undefined
  /** @default 'text' */
  readonly logFormat?: LogFormat | undefined
  /** @default 'info' */
  readonly logLevel?: LogLevel | undefined
  /** Mask what may be secret in log lines. @default true */
  readonly logMask?: boolean | undefined
  /** Producers: seconds that an admission lasts at most, 1 to 2147483647. @default 86400 */
  readonly peerTtlS?: number | undefined
  /** Milliseconds that `connect()` may take, 1 to 2147483647. @default 10000 */
  readonly connectTimeoutMs?: number | undefined
}

export type FieldName = keyof ConfigOptions
