import { readTextFile } from '@aster/identity/node'
import { ConfigError } from './config-error.ts'
import { type Environment, readEnvironment } from './environment.ts'
import { fields } from './fields.ts'
import type { IdentityFilePlace } from './identity-file.ts'
import { readIdentityLayer } from './identity-layer.ts'
import type { Reading } from './layer.ts'
import { readOptions } from './read-options.ts'
import type { ConfigSources } from './sources.ts'
import { readToml } from './toml.ts'

/** The sources of a configuration after they were read. */
export interface Readings {
  /** The options, with those that were added last in front. */
  readonly options: readonly Reading[]
  readonly identity?: Reading | undefined
  readonly env?: Reading | undefined
  readonly toml?: Reading | undefined
  /** The place of the identity file, after the search for it. */
  readonly identityFile?: IdentityFilePlace | undefined
}

/** Reads sources. Their mistakes are issues of the readings. */
export function readSources({ options, identity, env, toml }: ConfigSources): Readings {
  return {
    options: options === undefined ? [] : [readOptions(options)],
    identity: identity === undefined ? undefined : readIdentityLayer(identity),
    env: env === undefined ? undefined : readEnvironment(env),
    toml: toml === undefined ? undefined : readToml(toml),
  }
}

/**
 * Reads a TOML file and the environment.
 *
 * @throws ConfigError if the file cannot be read
 */
export function readTomlFile(path: string, env: Environment): Readings {
  const file = readTextFile(path)
  if ('problem' in file) {
    throw new ConfigError([{ field: '', source: path, found: file.problem, expected: 'a TOML file' }])
  }
  const toml = readToml({ path, text: file.text })
  const secret = [...toml.layer.keys()].find((name) => fields[name].secret)
  const warnings =
    secret && (file.mode & 0o004) !== 0
      ? [`${path} holds ${secret}, and every user may read it; set its mode to 0600`]
      : []
  return { options: [], env: readEnvironment(env), toml: { ...toml, warnings: [...toml.warnings, ...warnings] } }
}

/**
 * Returns the readings from the highest source to the lowest.
 *
 * @throws ConfigError with the mistakes of all sources, if there are any
 */
export function listReadings({ options, identity, env, toml }: Readings): readonly Reading[] {
  const all = [...options, identity, env, toml].filter((one) => one !== undefined)
  const issues = all.flatMap((one) => one.issues)
  if (issues.length > 0) throw new ConfigError(issues)
  return all
}
