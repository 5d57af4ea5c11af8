import { addresses } from './kinds/addresses.ts'
import { bindAddr } from './kinds/bind-addr.ts'
import { choice } from './kinds/choice.ts'
import { flag } from './kinds/flag.ts'
import { integer } from './kinds/integer.ts'
import { path, pathOrNone } from './kinds/path.ts'
import { patience } from './kinds/patience.ts'
import { publicKey } from './kinds/public-key.ts'
import { relayMode } from './kinds/relay-mode.ts'
import { secretKey } from './kinds/secret-key.ts'
import { text } from './kinds/text.ts'
import { type Setting, setting } from './setting.ts'

/** setTimeout takes no more milliseconds than these. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * Every setting, in the order in which settings are listed everywhere. An entry is the only place that names its setting:
 * the option, the getter of `AsterConfig`, the readers of every source and the tables follow from it. The doc comment of an
 * entry is that of the option and of the getter.
 */
export const fields = {
  /** The producer's address: a ticket, an endpoint id in hex, or base64 of a NodeAddr. Several are tried in order. */
  endpointAddr: setting({
    kind: addresses(),
    env: 'ASTER_ENDPOINT_ADDR',
    toml: ['connect', 'endpoint_addr'],
    otherwise: 'required by clients',
    description: "the producer's address; several: an array, or separated by commas",
  }),
  /**
   * The expected root public key: 64 hex digits, or as an option 32 bytes. It wins over `rootPubkeyFile` of the same source;
   * `readRootPubkey()` takes both into account.
   */
  rootPubkey: setting({
    kind: publicKey(),
    env: 'ASTER_ROOT_PUBKEY',
    toml: ['trust', 'root_pubkey'],
    identity: "the peer's `root_pubkey`",
    otherwise: 'none is expected',
    group: 'rootPubkey',
    description: 'the expected root public key',
  }) as Setting<string, string | Uint8Array>,
  /** A file with the expected root public key: hex, or JSON with `public_key`. */
  rootPubkeyFile: setting({
    kind: path('a root key file', { home: true }),
    env: 'ASTER_ROOT_PUBKEY_FILE',
    toml: ['trust', 'root_pubkey_file'],
    group: 'rootPubkey',
    description: 'a file with it: hex, or JSON with `public_key`',
  }),
  /** A credential file, JSON or an identity file; see `credential`. */
  enrollmentCredentialFile: setting({
    kind: path('a credential file', { home: true }),
    env: 'ASTER_ENROLLMENT_CREDENTIAL',
    toml: ['trust', 'enrollment_credential'],
    identity: "the peer's entry",
    otherwise: 'none is sent',
    description: 'the credential: JSON, or an identity file',
  }),
  /** Cloud instance identity document, for credentials that ask for one. */
  enrollmentCredentialIid: setting({
    kind: text('an instance identity document'),
    env: 'ASTER_ENROLLMENT_CREDENTIAL_IID',
    toml: ['trust', 'enrollment_credential_iid'],
    otherwise: 'none is sent',
    secret: true,
    description: 'cloud instance identity document, for credentials that ask for one',
  }),
  /**
   * The node's ed25519 secret key, which makes the endpoint id stable: 32 bytes, a copy each time; as an option also base64.
   *
   * @default a new one for each endpoint
   */
  secretKey: setting({
    kind: secretKey(),
    env: 'ASTER_SECRET_KEY',
    toml: ['network', 'secret_key'],
    identity: '`[node] secret_key`',
    otherwise: 'a new one',
    secret: true,
    description: 'the node key, which makes the endpoint id stable',
  }) as Setting<Uint8Array, string | Uint8Array>,
  /**
   * The identity file. As an option `false` does without, also if there is one in the working directory.
   *
   * @default `.aster-identity` in the working directory, if there
   */
  identityFile: setting({
    kind: pathOrNone('an identity file', { home: true }),
    env: 'ASTER_IDENTITY_FILE',
    otherwise: '`.aster-identity` in the working directory, if there',
    description: 'the identity file; the option `false` does without',
  }),
  /**
   * Producers: admit consumers that send no credential.
   *
   * @default false
   */
  allowAllConsumers: setting({
    kind: flag(),
    env: 'ASTER_ALLOW_ALL_CONSUMERS',
    toml: ['trust', 'allow_all_consumers'],
    default: false,
    description: 'producers: admit consumers that send no credential',
  }),
  /**
   * Producers: the folder of the used one-time nonces.
   *
   * @default kept in memory
   */
  storagePath: setting({
    kind: path('a folder'),
    env: 'ASTER_STORAGE_PATH',
    toml: ['storage', 'path'],
    otherwise: 'in memory',
    description: 'producers: where used one-time nonces are kept; `~` is not expanded',
  }),
  /**
   * The relays of iroh: `default`, `disabled`, `staging`, or the URL of a relay.
   *
   * @default 'default'
   */
  relayMode: setting({
    kind: relayMode(),
    env: 'ASTER_RELAY_MODE',
    toml: ['network', 'relay_mode'],
    default: 'default',
    description: 'relays of iroh; a URL is an extension of this package',
  }),
  /** The token that relays of one's own demand; the relays of n0 take none. */
  relayToken: setting({
    kind: text('the token of a relay'),
    env: 'ASTER_RELAY_TOKEN',
    toml: ['network', 'relay_token'],
    otherwise: 'none is sent',
    secret: true,
    description: "the token that a relay of one's own demands; an extension of this package",
  }),
  /**
   * Producers: milliseconds for which `start()` waits until the endpoints can be reached through a relay, 0 to 2147483647.
   *
   * @default 5000
   */
  relayTimeoutMs: setting({
    kind: integer('milliseconds', 0, MAX_TIMER_MS),
    env: 'ASTER_RELAY_TIMEOUT_MS',
    toml: ['network', 'relay_timeout_ms'],
    default: 5_000,
    description: 'producers: milliseconds for which `start()` waits for the relay; an extension of this package',
  }),
  /**
   * Whether peers are found, and this one can be found, by endpoint id alone, through the DNS of n0.
   *
   * @default true with the relays of n0, false with a relay of one's own or none
   */
  discovery: setting({
    kind: flag(),
    env: 'ASTER_DISCOVERY',
    toml: ['network', 'discovery'],
    otherwise: "on with n0's relays, else off",
    description: "find peers, and be found, by endpoint id through n0's DNS; an extension of this package",
  }),
  /**
   * The local address, `ip:port` or `[ipv6]:port`.
   *
   * @default any
   */
  bindAddr: setting({
    kind: bindAddr(),
    env: 'ASTER_BIND_ADDR',
    toml: ['network', 'bind_addr'],
    otherwise: 'any',
    description: 'the local address',
  }),
  /**
   * Milliseconds without a packet after which a peer counts as gone, while a read waits for it: 1000 or more. `Infinity` leaves
   * it to QUIC, which gives up after 30 s.
   *
   * @default 15000 for a peer that was dialled, 20000 while several paths to it are open, 30000 for one that dialled, 2000 on
   * loopback paths
   */
  deadPeerMs: setting({
    kind: patience(1_000),
    env: 'ASTER_DEAD_PEER_MS',
    toml: ['network', 'dead_peer_ms'],
    otherwise: '15000, as a producer 30000, on loopback 2000',
    description:
      'milliseconds without a packet after which the other side counts as gone, by default 20000 over several paths; `inf` leaves it to QUIC (30 s); an extension of this package',
  }),
  /**
   * The form of the log lines that clients and servers without a logger write to stderr.
   *
   * @default 'text'
   */
  logFormat: setting({
    kind: choice('text', 'json'),
    env: 'ASTER_LOG_FORMAT',
    toml: ['logging', 'format'],
    default: 'text',
    description: 'form of the lines on stderr',
  }),
  /**
   * The least level that clients and servers without a logger write to stderr.
   *
   * @default 'info'
   */
  logLevel: setting({
    kind: choice('debug', 'info', 'warning', 'error'),
    env: 'ASTER_LOG_LEVEL',
    toml: ['logging', 'level'],
    default: 'info',
    description: 'the least level that is logged to stderr',
  }),
  /**
   * Shorten ids, and mask what may be a secret, in log lines. Secrets of the configuration are masked in any case.
   *
   * @default true
   */
  logMask: setting({
    kind: flag(),
    env: 'ASTER_LOG_MASK',
    toml: ['logging', 'mask'],
    default: true,
    description: 'shorten ids and mask what may be a secret in lines on stderr',
  }),
  /**
   * Producers: seconds that an admission lasts at most, 1 to 2147483647.
   *
   * @default 86400
   */
  peerTtlS: setting({
    kind: integer('seconds', 1, 2 ** 31 - 1),
    env: 'ASTER_PEER_TTL_S',
    default: 24 * 60 * 60,
    description: 'producers: seconds that an admission lasts at most',
  }),
  /**
   * Milliseconds that `connect()` may take, 1 to 2147483647.
   *
   * @default 10000
   */
  connectTimeoutMs: setting({
    kind: integer('milliseconds', 1, MAX_TIMER_MS),
    env: 'ASTER_CONNECT_TIMEOUT_MS',
    toml: ['connect', 'timeout_ms'],
    default: 10_000,
    description: 'milliseconds that `connect()` may take; an extension of this package',
  }),
  /**
   * Milliseconds that a call may take, 1 to 2147483647; a smaller limit of the method or the call wins.
   *
   * @default none
   */
  callTimeoutMs: setting({
    kind: integer('milliseconds', 1, MAX_TIMER_MS),
    env: 'ASTER_CALL_TIMEOUT_MS',
    toml: ['calls', 'timeout_ms'],
    otherwise: 'none',
    description: 'clients: milliseconds that a call may take; an extension of this package',
  }),
}

type Fields = typeof fields

export type FieldName = keyof Fields

/** Every name, in order. */
export const fieldNames = Object.freeze(Object.keys(fields) as FieldName[])

// The types map over `keyof Fields` itself: only then do editors show the doc comments of the entries.

/** What each field holds once it is read. */
export type FieldValues = {
  readonly [Name in keyof Fields]: Fields[Name] extends Setting<infer Value, infer _, infer _> ? Value : never
}

/** What each getter of a configuration returns: the value, or the default. */
export type ConfigValues = {
  readonly [Name in keyof Fields]: Fields[Name] extends Setting<infer Value, infer _, infer Default>
    ? Value | Default
    : never
}

/** Settings given in code. They win over every other source; `undefined` is the same as not given. */
export type ConfigOptions = {
  readonly [Name in keyof Fields]?:
    | (Fields[Name] extends Setting<infer _, infer Option, infer _> ? Option : never)
    | undefined
}

export type LogFormat = FieldValues['logFormat']
export type LogLevel = FieldValues['logLevel']
