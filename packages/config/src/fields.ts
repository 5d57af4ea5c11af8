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

/** The largest number of milliseconds that `setTimeout` accepts. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * All settings, in the order in which they are listed everywhere. Each setting is defined only here: its option, its getter
 * in `AsterConfig`, the readers of the sources and the tables are derived from its entry. The doc comment of the entry also
 * documents the option and the getter.
 */
export const fields = {
  /**
   * The address of the producer: a ticket, an endpoint id in hex, or base64 of a NodeAddr. Several addresses are tried in
   * order.
   */
  endpointAddr: setting({
    kind: addresses(),
    env: 'ASTER_ENDPOINT_ADDR',
    toml: ['connect', 'endpoint_addr'],
    otherwise: 'required by clients',
    description: "the producer's address; several: an array, or separated by commas",
  }),
  /**
   * The expected root public key: 64 hex digits. The option may also be 32 bytes. The key wins over `rootPubkeyFile` of the
   * same source. `readRootPubkey()` returns the key of either setting.
   */
  rootPubkey: setting({
    kind: publicKey(),
    env: 'ASTER_ROOT_PUBKEY',
    toml: ['trust', 'root_pubkey'],
    identity: "the peer's `root_pubkey`",
    otherwise: 'no key is expected',
    group: 'rootPubkey',
    description: 'the expected root public key',
  }) as Setting<string, string | Uint8Array>,
  /** The path of a file with the expected root public key, in hex or as JSON with `public_key`. */
  rootPubkeyFile: setting({
    kind: path('a root key file', { home: true }),
    env: 'ASTER_ROOT_PUBKEY_FILE',
    toml: ['trust', 'root_pubkey_file'],
    group: 'rootPubkey',
    description: 'a file with the expected root public key: hex, or JSON with `public_key`',
  }),
  /** The path of the credential file, which is JSON or an identity file. See `credential`. */
  enrollmentCredentialFile: setting({
    kind: path('a credential file', { home: true }),
    env: 'ASTER_ENROLLMENT_CREDENTIAL',
    toml: ['trust', 'enrollment_credential'],
    identity: "the peer's entry",
    otherwise: 'none is sent',
    description: 'the credential: JSON, or an identity file',
  }),
  /** The instance identity document of the cloud, for credentials that require one. */
  enrollmentCredentialIid: setting({
    kind: text('an instance identity document'),
    env: 'ASTER_ENROLLMENT_CREDENTIAL_IID',
    toml: ['trust', 'enrollment_credential_iid'],
    otherwise: 'none is sent',
    secret: true,
    description: 'the instance identity document of the cloud, for credentials that require one',
  }),
  /**
   * The ed25519 secret key of the node, 32 bytes, which makes the endpoint id stable. The option may also be base64. Each
   * read returns a copy.
   *
   * @default a new key for each endpoint
   */
  secretKey: setting({
    kind: secretKey(),
    env: 'ASTER_SECRET_KEY',
    toml: ['network', 'secret_key'],
    identity: '`[node] secret_key`',
    otherwise: 'a new key',
    secret: true,
    description: 'the node key, which makes the endpoint id stable',
  }) as Setting<Uint8Array, string | Uint8Array>,
  /**
   * The path of the identity file. The option `false` uses no identity file, even if there is one in the working directory.
   *
   * @default `.aster-identity` in the working directory, if it exists
   */
  identityFile: setting({
    kind: pathOrNone('an identity file', { home: true }),
    env: 'ASTER_IDENTITY_FILE',
    otherwise: '`.aster-identity` in the working directory, if it exists',
    description: 'the identity file; the option `false` uses no file',
  }),
  /**
   * Whether a producer admits consumers that send no credential.
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
   * The folder in which a producer keeps the used one-time nonces.
   *
   * @default in memory
   */
  storagePath: setting({
    kind: path('a folder'),
    env: 'ASTER_STORAGE_PATH',
    toml: ['storage', 'path'],
    otherwise: 'in memory',
    description: 'producers: the folder of the used one-time nonces; `~` is not expanded',
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
  /** The token for private relays that require one. The relays of n0 need no token. */
  relayToken: setting({
    kind: text('the token of a relay'),
    env: 'ASTER_RELAY_TOKEN',
    toml: ['network', 'relay_token'],
    otherwise: 'none is sent',
    secret: true,
    description: 'the token for private relays that require one; an extension of this package',
  }),
  /**
   * Milliseconds for which `start()` of a producer waits until its endpoints can be reached through a relay, 0 to 2147483647.
   *
   * @default 5000
   */
  relayTimeoutMs: setting({
    kind: integer('milliseconds', 0, MAX_TIMER_MS),
    env: 'ASTER_RELAY_TIMEOUT_MS',
    toml: ['network', 'relay_timeout_ms'],
    default: 5_000,
    description: 'producers: milliseconds that `start()` waits for the relay; an extension of this package',
  }),
  /**
   * Whether this endpoint finds peers by endpoint id alone through the DNS of n0, and can be found that way.
   *
   * @default true with the relays of n0, false with a private relay or without a relay
   */
  discovery: setting({
    kind: flag(),
    env: 'ASTER_DISCOVERY',
    toml: ['network', 'discovery'],
    otherwise: "on with n0's relays, else off",
    description: "find peers by endpoint id through n0's DNS, and be found; an extension of this package",
  }),
  /**
   * The local address to bind to, `ip:port` or `[ipv6]:port`.
   *
   * @default any address and port
   */
  bindAddr: setting({
    kind: bindAddr(),
    env: 'ASTER_BIND_ADDR',
    toml: ['network', 'bind_addr'],
    otherwise: 'any',
    description: 'the local address to bind to',
  }),
  /**
   * Milliseconds without a packet after which a peer counts as gone while a read waits for it, 1000 or more. With `Infinity`
   * the connection ends only by QUIC's own limit of 30 s.
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
      'milliseconds without a packet after which a peer counts as gone, by default 20000 over several paths; `inf` uses the limit of QUIC (30 s); an extension of this package',
  }),
  /**
   * The format of the lines that clients and servers without a logger of their own write to stderr.
   *
   * @default 'text'
   */
  logFormat: setting({
    kind: choice('text', 'json'),
    env: 'ASTER_LOG_FORMAT',
    toml: ['logging', 'format'],
    default: 'text',
    description: 'the format of the lines on stderr',
  }),
  /**
   * The lowest level of the lines that clients and servers without a logger of their own write to stderr.
   *
   * @default 'info'
   */
  logLevel: setting({
    kind: choice('debug', 'info', 'warning', 'error'),
    env: 'ASTER_LOG_LEVEL',
    toml: ['logging', 'level'],
    default: 'info',
    description: 'the least level of the lines on stderr',
  }),
  /**
   * Whether log lines shorten ids and mask strings that may be secrets. Secrets of the configuration are always masked.
   *
   * @default true
   */
  logMask: setting({
    kind: flag(),
    env: 'ASTER_LOG_MASK',
    toml: ['logging', 'mask'],
    default: true,
    description: 'shorten ids and mask possible secrets in the lines on stderr',
  }),
  /**
   * The longest time of an admission by a producer, in seconds, 1 to 2147483647.
   *
   * @default 86400
   */
  peerTtlS: setting({
    kind: integer('seconds', 1, 2 ** 31 - 1),
    env: 'ASTER_PEER_TTL_S',
    default: 24 * 60 * 60,
    description: 'producers: the longest time of an admission in seconds',
  }),
  /**
   * The time limit of `connect()` in milliseconds, 1 to 2147483647.
   *
   * @default 10000
   */
  connectTimeoutMs: setting({
    kind: integer('milliseconds', 1, MAX_TIMER_MS),
    env: 'ASTER_CONNECT_TIMEOUT_MS',
    toml: ['connect', 'timeout_ms'],
    default: 10_000,
    description: 'clients: the time limit of `connect()` in milliseconds; an extension of this package',
  }),
  /**
   * The time limit of each call in milliseconds, 1 to 2147483647. A smaller limit of the method or the call wins.
   *
   * @default no limit
   */
  callTimeoutMs: setting({
    kind: integer('milliseconds', 1, MAX_TIMER_MS),
    env: 'ASTER_CALL_TIMEOUT_MS',
    toml: ['calls', 'timeout_ms'],
    otherwise: 'none',
    description: 'clients: the time limit of each call in milliseconds; an extension of this package',
  }),
}

type Fields = typeof fields

/** The name of a setting. */
export type FieldName = keyof Fields

/** The names of all settings, in order. */
export const fieldNames = Object.freeze(Object.keys(fields) as FieldName[])

// The types below map over `keyof Fields` itself, or editors would not show the doc comments of the entries.

/** The type of the value of each setting. */
export type FieldValues = {
  readonly [Name in keyof Fields]: Fields[Name] extends Setting<infer Value, infer _, infer _> ? Value : never
}

/** The type that each getter of a configuration returns: that of the value or of the default. */
export type ConfigValues = {
  readonly [Name in keyof Fields]: Fields[Name] extends Setting<infer Value, infer _, infer Default>
    ? Value | Default
    : never
}

/** Settings in code. They win over every other source. An option that is `undefined` counts as not set. */
export type ConfigOptions = {
  readonly [Name in keyof Fields]?:
    | (Fields[Name] extends Setting<infer _, infer Option, infer _> ? Option : never)
    | undefined
}

/** The format of log lines: `text` for people, `json` for programs. */
export type LogFormat = FieldValues['logFormat']
/** The level of a log line. */
export type LogLevel = FieldValues['logLevel']
