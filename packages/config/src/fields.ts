import { addresses } from './kinds/addresses.ts'
import { bindAddr } from './kinds/bind-addr.ts'
import { choice } from './kinds/choice.ts'
import { flag } from './kinds/flag.ts'
import { integer } from './kinds/integer.ts'
import type { Kind } from './kinds/kind.ts'
import { path } from './kinds/path.ts'
import { publicKey } from './kinds/public-key.ts'
import { type RelayMode, relayMode } from './kinds/relay-mode.ts'
import { secretKey } from './kinds/secret-key.ts'
import { text } from './kinds/text.ts'
import type { FieldName, LogFormat, LogLevel } from './options.ts'

/** What each field holds once it is read. */
export interface FieldValues {
  endpointAddr: readonly string[]
  rootPubkey: string
  rootPubkeyFile: string
  enrollmentCredentialFile: string
  enrollmentCredentialIid: string
  secretKey: Uint8Array
  identityFile: string
  allowAllConsumers: boolean
  storagePath: string
  relayMode: RelayMode
  bindAddr: string
  logFormat: LogFormat
  logLevel: LogLevel
  logMask: boolean
  peerTtlS: number
  connectTimeoutMs: number
}

export interface Field<Value> {
  readonly kind: Kind<Value>
  readonly env: string
  /** Section and key. */
  readonly toml?: readonly [section: string, key: string]
  /** Where an identity file has it. */
  readonly identity?: string
  readonly default?: Value
  /** What happens without a value, where there is no default. */
  readonly otherwise?: string
  /** The value is never shown. */
  readonly secret?: true
  /** The setting that this is a spelling of: a higher source hides all spellings of a lower one. */
  readonly group?: string
  readonly description: string
}

/** setTimeout takes no more milliseconds than these. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Every field, in the order in which it is listed everywhere. */
export const fields: { readonly [Name in FieldName]-?: Field<FieldValues[Name]> } = {
  endpointAddr: {
    kind: addresses(),
    env: 'ASTER_ENDPOINT_ADDR',
    toml: ['connect', 'endpoint_addr'],
    otherwise: 'required by clients',
    description: "the producer's address; several: an array, or separated by commas",
  },
  rootPubkey: {
    kind: publicKey(),
    env: 'ASTER_ROOT_PUBKEY',
    toml: ['trust', 'root_pubkey'],
    identity: "the peer's `root_pubkey`",
    otherwise: 'none is expected',
    group: 'rootPubkey',
    description: 'the expected root public key',
  },
  rootPubkeyFile: {
    kind: path('a root key file', { home: true }),
    env: 'ASTER_ROOT_PUBKEY_FILE',
    toml: ['trust', 'root_pubkey_file'],
    group: 'rootPubkey',
    description: 'a file with it: hex, or JSON with `public_key`',
  },
  enrollmentCredentialFile: {
    kind: path('a credential file', { home: true }),
    env: 'ASTER_ENROLLMENT_CREDENTIAL',
    toml: ['trust', 'enrollment_credential'],
    identity: "the peer's entry",
    otherwise: 'none is sent',
    description: 'the credential: JSON, or an identity file',
  },
  enrollmentCredentialIid: {
    kind: text('an instance identity document'),
    env: 'ASTER_ENROLLMENT_CREDENTIAL_IID',
    toml: ['trust', 'enrollment_credential_iid'],
    otherwise: 'none is sent',
    secret: true,
    description: 'cloud instance identity document, for credentials that ask for one',
  },
  secretKey: {
    kind: secretKey(),
    env: 'ASTER_SECRET_KEY',
    toml: ['network', 'secret_key'],
    identity: '`[node] secret_key`',
    otherwise: 'a new one',
    secret: true,
    description: 'the node key, which makes the endpoint id stable',
  },
  identityFile: {
    kind: path('an identity file', { home: true }),
    env: 'ASTER_IDENTITY_FILE',
    otherwise: '`.aster-identity` in the working directory, if there',
    description: 'the identity file',
  },
  allowAllConsumers: {
    kind: flag(),
    env: 'ASTER_ALLOW_ALL_CONSUMERS',
    toml: ['trust', 'allow_all_consumers'],
    default: false,
    description: 'producers: admit consumers that send no credential',
  },
  storagePath: {
    kind: path('a folder'),
    env: 'ASTER_STORAGE_PATH',
    toml: ['storage', 'path'],
    otherwise: 'in memory',
    description: 'producers: where used one-time nonces are kept; `~` is not expanded',
  },
  relayMode: {
    kind: relayMode(),
    env: 'ASTER_RELAY_MODE',
    toml: ['network', 'relay_mode'],
    default: 'default',
    description: 'relays of iroh; a URL is an extension of this package',
  },
  bindAddr: {
    kind: bindAddr(),
    env: 'ASTER_BIND_ADDR',
    toml: ['network', 'bind_addr'],
    otherwise: 'any',
    description: 'the local address',
  },
  logFormat: {
    kind: choice('text', 'json'),
    env: 'ASTER_LOG_FORMAT',
    toml: ['logging', 'format'],
    default: 'text',
    description: 'form of log lines',
  },
  logLevel: {
    kind: choice('debug', 'info', 'warning', 'error'),
    env: 'ASTER_LOG_LEVEL',
    toml: ['logging', 'level'],
    default: 'info',
    description: 'the least level that is logged',
  },
  logMask: {
    kind: flag(),
    env: 'ASTER_LOG_MASK',
    toml: ['logging', 'mask'],
    default: true,
    description: 'mask what may be secret in log lines',
  },
  peerTtlS: {
    kind: integer('seconds', 1, 2 ** 31 - 1),
    env: 'ASTER_PEER_TTL_S',
    default: 24 * 60 * 60,
    description: 'producers: seconds that an admission lasts at most',
  },
  connectTimeoutMs: {
    kind: integer('milliseconds', 1, MAX_TIMER_MS),
    env: 'ASTER_CONNECT_TIMEOUT_MS',
    toml: ['connect', 'timeout_ms'],
    default: 10_000,
    description: 'milliseconds that `connect()` may take; an extension of this package',
  },
}

export const fieldNames = Object.freeze(Object.keys(fields) as FieldName[])
