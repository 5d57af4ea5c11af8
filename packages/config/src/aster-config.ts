import type { ConsumerCredential, NodeAddr } from '@aster/identity'
import { readRootPublicKeyFile, readTextFile } from '@aster/identity/node'
import { isBytes } from '@aster/rpc-core/schema'
import { env as processEnv } from 'node:process'
import { resolve } from 'node:path'
import { inspect, type InspectOptions } from 'node:util'
import { ConfigError } from './config-error.ts'
import { type Environment, readEnvironment } from './environment.ts'
import { type ConfigRow, explainFields, formatExplanation } from './explain.ts'
import { type ConfigOptions, type ConfigValues, type FieldName, fieldNames, fields } from './fields.ts'
import { missingIdentityError, selectConsumer, selectProducer } from './identity-entry.ts'
import {
  findIdentityFile,
  type IdentityFile,
  type IdentityFilePlace,
  loadCredentialFile,
  loadIdentityFile,
} from './identity-file.ts'
import { type IdentityLayer, readIdentityLayer } from './identity-layer.ts'
import type { Entry, Reading } from './layer.ts'
import { parseAddresses } from './parse-addresses.ts'
import { readOptions } from './read-options.ts'
import { resolveFields } from './resolve.ts'
import type { ConfigSources, CredentialSource } from './sources.ts'
import { readToml } from './toml.ts'
import { withConfigError } from './with-config-error.ts'

/** The settings that are given in code to a client or a server, and where the others come from. */
export interface SettingsOptions extends ConfigOptions {
  /** @default AsterConfig.fromEnv() */
  readonly config?: AsterConfig | undefined
  /** The name of the entry of the identity file that counts. @default the first consumer, or for a producer the first producer */
  readonly peer?: string | undefined
}

/** What a producer is told by all sources. */
export interface ProducerSettings {
  /** The configuration, with the identity file in it. */
  readonly config: AsterConfig
  /** The root key that signs the credentials of consumers: 64 hex digits. */
  readonly rootPubkey: string | undefined
  /** Where the identity file is or would be; `undefined` with `identityFile: false`. */
  readonly identityFile?: IdentityFilePlace | undefined
  /** What is odd but no mistake, one sentence each. */
  readonly warnings: readonly string[]
}

/** What a consumer is told by all sources. */
export interface ConsumerSettings {
  /** The configuration, with the identity file in it. */
  readonly config: AsterConfig
  /** The addresses of the producer, in the order to try them; none if not set. */
  readonly addresses: readonly NodeAddr[]
  /** The root key that the producer must name: 64 hex digits. */
  readonly rootPubkey: string | undefined
  readonly credential: ConsumerCredential | undefined
  /** The file that the credential is from: its absolute path. */
  readonly credentialFile?: string | undefined
  /** Where the identity file is or would be; `undefined` with `identityFile: false`. */
  readonly identityFile?: IdentityFilePlace | undefined
  /** What is odd but no mistake, one sentence each. */
  readonly warnings: readonly string[]
}

/** The outcome of looking for the identity file. */
interface FoundIdentity {
  /** The configuration that names the file, which remembers where it is. */
  readonly base: AsterConfig
  readonly place: IdentityFilePlace | undefined
  readonly file: IdentityFile | undefined
}

interface Readings {
  /** The latest first. */
  readonly options: readonly Reading[]
  readonly identity?: Reading | undefined
  readonly env?: Reading | undefined
  readonly toml?: Reading | undefined
  /** Where the identity file is or would be, once it was looked for. */
  readonly identityFile?: IdentityFilePlace | undefined
}

/** The getters of the settings, with the doc comments of their entries in `fields`. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the static block of the class makes a getter for each
export interface AsterConfig extends Omit<ConfigValues, 'endpointAddr'> {}

/**
 * A configuration: every field with its value and where it came from. It never changes, and never shows a secret, be
 * it as text, JSON or in `console.log`.
 *
 * Each field on its own: options > identity file > environment > TOML > default, in whatever order they were added.
 * Every way to make one throws a `ConfigError` that lists all mistakes of its sources, also of values that a higher
 * source hides.
 */
export class AsterConfig {
  static {
    for (const name of fieldNames) {
      if (name === 'endpointAddr') continue
      Object.defineProperty(this.prototype, name, {
        get(this: AsterConfig) {
          return this.#get(name)
        },
        configurable: true,
      })
    }
  }

  readonly #readings: Readings
  readonly #entries: ReadonlyMap<FieldName, Entry>
  /** What is odd but no mistake, one sentence each. */
  readonly warnings: readonly string[]
  /** What is worth knowing and not even odd, one sentence each. */
  readonly notes: readonly string[]

  private constructor(readings: Readings) {
    const all = [...readings.options, readings.identity, readings.env, readings.toml].filter((one) => one !== undefined)
    const issues = all.flatMap((one) => one.issues)
    if (issues.length > 0) throw new ConfigError(issues)
    this.#readings = readings
    this.#entries = resolveFields(all.map((one) => one.layer))
    this.warnings = Object.freeze([...all.flatMap((one) => one.warnings), ...this.#unused()])
    this.notes = Object.freeze(all.flatMap((one) => one.notes))
    Object.freeze(this)
  }

  /** Takes the sources given, and no other. */
  static resolve({ options, identity, env, toml }: ConfigSources): AsterConfig {
    return new AsterConfig({
      options: options === undefined ? [] : [readOptions(options)],
      identity: identity === undefined ? undefined : readIdentityLayer(identity),
      env: env === undefined ? undefined : readEnvironment(env),
      toml: toml === undefined ? undefined : readToml(toml),
    })
  }

  /** Reads `ASTER_…` variables. @param env default: those of the process */
  static fromEnv(env: Environment = processEnv): AsterConfig {
    return AsterConfig.resolve({ env })
  }

  /** Reads a TOML file, and the environment above it. @param env default: that of the process */
  static fromFile(path: string, env: Environment = processEnv): AsterConfig {
    const file = readTextFile(path)
    if ('problem' in file) {
      throw new ConfigError([{ field: '', source: path, found: file.problem, expected: 'a TOML file' }])
    }
    const toml = readToml({ path, text: file.text })
    const secret = [...toml.layer.keys()].find((name) => fields[name].secret)
    const warnings =
      secret && (file.mode & 0o004) !== 0
        ? [`${path} holds ${secret}, and everybody may read it; set its mode to 0600`]
        : []
    return new AsterConfig({
      options: [],
      env: readEnvironment(env),
      toml: { ...toml, warnings: [...toml.warnings, ...warnings] },
    })
  }

  /** Takes options, and the environment below them if it is given. */
  static from(options: ConfigOptions, env?: Environment): AsterConfig {
    return AsterConfig.resolve({ options, env })
  }

  /**
   * Reads every source of a consumer: `options`, the identity file, the configuration below them, and the files of the
   * credential and of the root key.
   *
   * @throws ConfigError for what is ill-formed, in whichever source
   */
  static forConsumer({ config = AsterConfig.fromEnv(), peer, ...options }: SettingsOptions = {}): ConsumerSettings {
    const { base, place, file } = AsterConfig.#readIdentity(config.withOptions(options))
    const entry = file && selectConsumer(file, peer)
    const layered = entry ? base.withIdentity(entry.layer) : base
    const wanted = layered.credential
    const loaded = wanted?.kind === 'file' ? loadCredentialFile(wanted, peer) : undefined
    // A credential file that is an identity file has keys as well. They count if no identity file was read.
    const keys = file === undefined && loaded?.identityFile ? selectConsumer(loaded.identityFile, peer) : undefined
    const resolved = keys ? layered.withIdentity(keys.layer) : layered
    const credential = wanted?.kind === 'identity' ? entry?.credential : loaded?.credential
    if (peer !== undefined && credential === undefined) throw missingIdentityError(peer)
    return {
      config: resolved,
      addresses: parseAddresses(resolved),
      rootPubkey: resolved.readRootPubkey(),
      credential,
      credentialFile: wanted?.kind === 'file' ? resolve(wanted.path) : credential && place?.path,
      identityFile: place,
      warnings: [...resolved.warnings, ...(file?.warnings ?? []), ...(loaded?.warnings ?? [])],
    }
  }

  /**
   * Reads every source of a producer: `options`, the identity file, the configuration below them, and the file of the root
   * key.
   *
   * @throws ConfigError for what is ill-formed, in whichever source
   */
  static forProducer({ config = AsterConfig.fromEnv(), peer, ...options }: SettingsOptions = {}): ProducerSettings {
    const { base, place, file } = AsterConfig.#readIdentity(config.withOptions(options))
    if (file === undefined && peer !== undefined) throw missingIdentityError(peer)
    const resolved = file ? base.withIdentity(selectProducer(file, peer)) : base
    return {
      config: resolved,
      rootPubkey: resolved.readRootPubkey(),
      identityFile: place,
      warnings: [...resolved.warnings, ...(file?.warnings ?? [])],
    }
  }

  /** Looks for the identity file, and remembers where, for `explain()`. */
  static #readIdentity(config: AsterConfig): FoundIdentity {
    const place = findIdentityFile(config)
    const base = new AsterConfig({ ...config.#readings, identityFile: place })
    return { base, place, file: loadIdentityFile(base, place) }
  }

  /** Adds options, above those it has. @param label begins the name of their source. Default: `option` */
  withOptions(options: ConfigOptions, label?: string): AsterConfig {
    return new AsterConfig({ ...this.#readings, options: [readOptions(options, label), ...this.#readings.options] })
  }

  /** Sets what the identity file says, in place of what it said before. */
  withIdentity(identity: IdentityLayer): AsterConfig {
    return new AsterConfig({ ...this.#readings, identity: readIdentityLayer(identity) })
  }

  /** The addresses of the producer, in the order to try them; none if not set. */
  get endpointAddrs(): readonly string[] {
    return this.#get('endpointAddr') ?? []
  }

  /** Which credential is to be sent: the peer's entry or a file, whichever comes from the higher source. */
  get credential(): CredentialSource | undefined {
    const entry = this.#entries.get('enrollmentCredentialFile')
    if (entry === undefined) return undefined
    const path = this.enrollmentCredentialFile
    return path === undefined
      ? { kind: 'identity', source: entry.origin }
      : { kind: 'file', path, source: entry.origin }
  }

  /**
   * The expected root public key as 64 lower-case hex digits: the key of the highest source, or what is in its file,
   * which is read at each call.
   *
   * @throws ConfigError if the file is not there or holds no public key
   */
  readRootPubkey(): string | undefined {
    const { rootPubkey, rootPubkeyFile } = this
    if (rootPubkey !== undefined || rootPubkeyFile === undefined) return rootPubkey
    const source = this.origin('rootPubkeyFile')
    return withConfigError({ field: 'rootPubkeyFile', source }, () =>
      readRootPublicKeyFile(resolve(rootPubkeyFile), { source: rootPubkeyFile }),
    )
  }

  /** Where a field's value came from, as in `explain()`. */
  origin(field: FieldName): string {
    return this.#entries.get(field)?.origin ?? 'default'
  }

  /** Every field with its value and where it came from; secrets are masked. `formatExplanation` makes it a text. */
  explain(): readonly ConfigRow[] {
    return explainFields(this.#entries, this.#readings.identityFile)
  }

  toString(): string {
    return formatExplanation(this.explain())
  }

  toJSON(): Record<string, ConfigRow['value']> {
    return Object.fromEntries(this.explain().map(({ field, value }) => [field, value]))
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `AsterConfig ${inspect(this.toJSON(), options)}`
  }

  #get<Name extends FieldName>(name: Name): ConfigValues[Name] {
    const entry = this.#entries.get(name)
    const value = entry === undefined ? fields[name].default : entry.value
    // A copy, or a key could be changed from the outside.
    return (isBytes(value) ? new Uint8Array(value) : value) as ConfigValues[Name]
  }

  #unused(): string[] {
    if (this.rootPubkey === undefined || this.rootPubkeyFile === undefined) return []
    return [`${this.origin('rootPubkeyFile')} is not used, since ${this.origin('rootPubkey')} is set as well`]
  }
}
