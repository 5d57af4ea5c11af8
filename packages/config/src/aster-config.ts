import type { ConsumerCredential, NodeAddr } from '@aster/identity'
import { readRootPublicKeyFile } from '@aster/identity/node'
import { isBytes } from '@aster/rpc-core/schema'
import { env as processEnv } from 'node:process'
import { resolve } from 'node:path'
import { inspect, type InspectOptions } from 'node:util'
import { type Environment, readProcessEnvironment } from './environment.ts'
import { type ConfigRow, explainFields, formatExplanation } from './explain.ts'
import { type ConfigOptions, type ConfigValues, type FieldName, fieldNames, fields } from './fields.ts'
import { missingIdentityError, selectConsumer, selectProducer } from './identity-entry.ts'
import { findIdentityFile, type IdentityFilePlace, loadCredentialFile, loadIdentityFile } from './identity-file.ts'
import { type IdentityLayer, readIdentityLayer } from './identity-layer.ts'
import type { Entry, Reading } from './layer.ts'
import { parseAddresses } from './parse-addresses.ts'
import { readOptions } from './read-options.ts'
import { listReadings, type Readings, readSources, readTomlFile } from './readings.ts'
import { resolveFields } from './resolve.ts'
import type { ConfigSources, CredentialSource } from './sources.ts'
import { withConfigError } from './with-config-error.ts'

/** The settings of a client or a server that are set in code, and the configuration for all others. */
export interface SettingsOptions extends ConfigOptions {
  /**
   * The configuration for settings that are not among these options.
   *
   * @default AsterConfig.fromEnv()
   */
  readonly config?: AsterConfig | undefined
  /**
   * The name of the entry of the identity file to use.
   *
   * @default the first consumer, or for a producer the first producer
   */
  readonly peer?: string | undefined
}

/** The settings of a producer, from all sources. */
export interface ProducerSettings {
  /** The configuration, including the values of the identity file. */
  readonly config: AsterConfig
  /** The root key that signs the credentials of consumers: 64 hex digits. */
  readonly rootPubkey: string | undefined
  /** The place of the identity file, whether or not the file exists; `undefined` with `identityFile: false`. */
  readonly identityFile?: IdentityFilePlace | undefined
  /** Sentences about settings that are suspicious, but not wrong. */
  readonly warnings: readonly string[]
}

/** The settings of a consumer, from all sources. */
export interface ConsumerSettings {
  /** The configuration, including the values of the identity file. */
  readonly config: AsterConfig
  /** The addresses of the producer in the order in which they are tried. Empty if no address is set. */
  readonly addresses: readonly NodeAddr[]
  /** The root key that the producer must name: 64 hex digits. */
  readonly rootPubkey: string | undefined
  /** The credential to send, or `undefined` if there is no credential. */
  readonly credential: ConsumerCredential | undefined
  /** The absolute path of the file with the credential. */
  readonly credentialFile?: string | undefined
  /** The place of the identity file, whether or not the file exists; `undefined` with `identityFile: false`. */
  readonly identityFile?: IdentityFilePlace | undefined
  /** Sentences about settings that are suspicious, but not wrong. */
  readonly warnings: readonly string[]
}

/** The configurations of readings of the environment of the process, without other sources. */
const ofReading = new WeakMap<Reading, AsterConfig>()

/** Declares a getter for each setting, documented as its entry in `fields`. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the static block of the class makes a getter for each
export interface AsterConfig extends Omit<ConfigValues, 'endpointAddr'> {}

/**
 * The configuration of an Aster program: each setting with its value and the source of the value. A configuration never
 * changes. It shows no secret, neither as a string, nor as JSON, nor in `console.log`.
 *
 * Each setting is taken from the first source that has it: options, identity file, environment, TOML file, default. The order
 * in which the sources were added does not matter. Every method that returns a configuration throws a `ConfigError` if a
 * source has mistakes. The error lists all of them, including those of values that a higher source hides.
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
  /** Sentences about settings that are suspicious, but not wrong. */
  readonly warnings: readonly string[]
  /** Sentences about settings that are neither wrong nor suspicious, but worth knowing. */
  readonly notes: readonly string[]

  private constructor(readings: Readings) {
    const all = listReadings(readings)
    this.#readings = readings
    this.#entries = resolveFields(all.map((one) => one.layer))
    this.warnings = Object.freeze([...all.flatMap((one) => one.warnings), ...this.#unused()])
    this.notes = Object.freeze(all.flatMap((one) => one.notes))
    Object.freeze(this)
  }

  /**
   * Returns the configuration of the given sources alone.
   *
   * @throws ConfigError if a source has mistakes
   */
  static resolve(sources: ConfigSources): AsterConfig {
    return new AsterConfig(readSources(sources))
  }

  /**
   * Reads the `ASTER_…` variables of the environment.
   *
   * @param env the variables, by default those of the process
   * @throws ConfigError if a variable is wrong
   */
  static fromEnv(env: Environment = processEnv): AsterConfig {
    if (env !== processEnv) return AsterConfig.resolve({ env })
    const reading = readProcessEnvironment()
    const known = ofReading.get(reading) ?? new AsterConfig({ options: [], env: reading })
    ofReading.set(reading, known)
    return known
  }

  /**
   * Reads a TOML file and the environment, whose variables win over the file.
   *
   * @param env the variables, by default those of the process
   * @throws ConfigError if the file cannot be read, or if a value is wrong
   */
  static fromFile(path: string, env: Environment = processEnv): AsterConfig {
    return new AsterConfig(readTomlFile(path, env))
  }

  /**
   * Returns the configuration of options. If `env` is given, its variables supply the settings that the options lack.
   *
   * @throws ConfigError if an option or a variable is wrong
   */
  static from(options: ConfigOptions, env?: Environment): AsterConfig {
    return AsterConfig.resolve({ options, env })
  }

  /**
   * Reads every source of a consumer: the options, the identity file, the configuration for all other settings, and the files
   * of the credential and of the root key.
   *
   * @throws ConfigError if a source is ill-formed
   */
  static forConsumer({ config = AsterConfig.fromEnv(), peer, ...options }: SettingsOptions = {}): ConsumerSettings {
    const { base, place, file } = AsterConfig.#readIdentity(config.withOptions(options))
    const entry = file && selectConsumer(file, peer)
    const layered = entry ? base.withIdentity(entry.layer) : base
    const wanted = layered.credential
    const loaded = wanted?.kind === 'file' ? loadCredentialFile(wanted, peer) : undefined
    // A credential file may be an identity file, which has keys as well. They are used if no other identity file was read.
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
   * Reads every source of a producer: the options, the identity file, the configuration for all other settings, and the file of
   * the root key.
   *
   * @throws ConfigError if a source is ill-formed
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

  /** Searches for the identity file. The returned configuration knows its place, which `explain()` shows. */
  static #readIdentity(config: AsterConfig) {
    const place = findIdentityFile(config)
    const base = new AsterConfig({ ...config.#readings, identityFile: place })
    return { base, place, file: loadIdentityFile(base, place) }
  }

  /**
   * Returns a configuration with further options, which win over the options that it has.
   *
   * @param label the beginning of the name of their source, by default `option`
   * @throws ConfigError if an option is wrong
   */
  withOptions(options: ConfigOptions, label?: string): AsterConfig {
    return new AsterConfig({ ...this.#readings, options: [readOptions(options, label), ...this.#readings.options] })
  }

  /**
   * Returns a configuration with the values of an identity file, in place of those of another one.
   *
   * @throws ConfigError if a value is wrong
   */
  withIdentity(identity: IdentityLayer): AsterConfig {
    return new AsterConfig({ ...this.#readings, identity: readIdentityLayer(identity) })
  }

  /** The addresses of the producer in the order in which they are tried. Empty if no address is set. */
  get endpointAddrs(): readonly string[] {
    return this.#get('endpointAddr') ?? []
  }

  /**
   * The credential to send: the peer's entry of the identity file, or a file. If both are set, the one of the higher source is
   * used.
   */
  get credential(): CredentialSource | undefined {
    const entry = this.#entries.get('enrollmentCredentialFile')
    if (entry === undefined) return undefined
    const path = this.enrollmentCredentialFile
    return path === undefined
      ? { kind: 'identity', source: entry.origin }
      : { kind: 'file', path, source: entry.origin }
  }

  /**
   * Returns the expected root public key as 64 lower-case hex digits, or `undefined` if it is not set. If the highest source
   * names a file, each call reads that file.
   *
   * @throws ConfigError if the file does not exist or has no public key
   */
  readRootPubkey(): string | undefined {
    const { rootPubkey, rootPubkeyFile } = this
    if (rootPubkey !== undefined || rootPubkeyFile === undefined) return rootPubkey
    const source = this.origin('rootPubkeyFile')
    return withConfigError({ field: 'rootPubkeyFile', source }, () =>
      readRootPublicKeyFile(resolve(rootPubkeyFile), { source: rootPubkeyFile }),
    )
  }

  /** Returns the source of the value of a field, as in `explain()`. */
  origin(field: FieldName): string {
    return this.#entries.get(field)?.origin ?? 'default'
  }

  /**
   * Returns each field with its value and the source of the value. Secrets are masked. `formatExplanation` formats the
   * result.
   */
  explain(): readonly ConfigRow[] {
    return explainFields(this.#entries, this.#readings.identityFile)
  }

  /** Returns the explanation as a string, without secrets. */
  toString(): string {
    return formatExplanation(this.explain())
  }

  /** Returns the value of each field, without secrets. */
  toJSON(): Record<string, ConfigRow['value']> {
    return Object.fromEntries(this.explain().map(({ field, value }) => [field, value]))
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `AsterConfig ${inspect(this.toJSON(), options)}`
  }

  #get<Name extends FieldName>(name: Name): ConfigValues[Name] {
    const entry = this.#entries.get(name)
    const value = entry === undefined ? fields[name].default : entry.value
    // The caller gets a copy, so that it cannot change the key in the configuration.
    return (isBytes(value) ? new Uint8Array(value) : value) as ConfigValues[Name]
  }

  #unused(): string[] {
    if (this.rootPubkey === undefined || this.rootPubkeyFile === undefined) return []
    return [`${this.origin('rootPubkeyFile')} is not used, since ${this.origin('rootPubkey')} is set as well`]
  }
}
