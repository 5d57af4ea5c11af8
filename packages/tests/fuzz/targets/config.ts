import { AsterConfig, type ConfigSources, formatExplanation } from '@aster/config'
import { attempt } from '../engine/expect-error.ts'
import { bytesOf, type Target, textOf } from '../engine/target.ts'
import { readVectors, seedsOf, textsUnder } from './seeds.ts'

/** The error of a configuration. Each of its lines is bounded, and there may be many. */
const CONFIG = { name: 'ConfigError', maxLength: 200_000 }

function resolve(sources: ConfigSources): void {
  const read = attempt(() => AsterConfig.resolve(sources), CONFIG)
  if (read !== undefined) formatExplanation(read.value.explain())
}

const vectors = readVectors('config/fixtures/config.json')

export const toml: Target = {
  name: 'toml',
  seeds: () => seedsOf(textsUnder(vectors, 'toml')),
  tokens: [
    '[network]',
    '[trust]',
    '[logging]',
    '[[',
    ']]',
    '"""',
    "'''",
    '\n',
    '#',
    '\\u',
    '\\U0010ffff',
    'inf',
    'nan',
    '1979-05-27T00:00:00Z',
    '0x',
    '__proto__',
    '\r',
    '\u0000',
    'true',
    '{ a = 1 }',
    '[[]]',
  ],
  run: (input) => resolve({ toml: { path: 'aster.toml', text: textOf(input) } }),
}

interface Case {
  readonly env: Readonly<Record<string, string>>
}

/** Takes the input as lines of `NAME=value`. */
export const environment: Target = {
  name: 'environment',
  seeds: () =>
    (vectors as unknown as { readonly cases: readonly Case[] }).cases.map(({ env }) =>
      bytesOf(
        Object.entries(env)
          .map(([name, value]) => `${name}=${value}`)
          .join('\n'),
      ),
    ),
  tokens: [
    'ASTER_',
    '=',
    '\n',
    'true',
    '0',
    'disabled',
    'https://',
    '127.0.0.1:0',
    '~',
    ',',
    '"',
    '__proto__=',
    'ASTER_SECRET_KEY=',
    'ASTER_RELAY_MODE=',
    'ASTER_BIND_ADDR=',
    'ASTER_ENDPOINT_ADDR=',
  ],
  run(input) {
    const env: Record<string, string> = Object.create(null) as Record<string, string>
    for (const line of textOf(input).split('\n')) {
      const at = line.indexOf('=')
      if (at > 0) env[line.slice(0, at)] = line.slice(at + 1)
    }
    resolve({ env })
  },
}

/** Takes the input as the options of a program, in JSON. */
export const options: Target = {
  name: 'options',
  seeds: () =>
    seedsOf([
      '{"endpointAddr":"aster1","relayMode":"disabled","bindAddr":"127.0.0.1:0","logLevel":"debug"}',
      '{"secretKey":[1,2,3],"rootPubkey":"","allowAllConsumers":true,"identityFile":false}',
      '{"unknown":{},"relayMode":["https://x"],"enrollmentCredential":"x","__proto__":{"a":1}}',
    ]),
  tokens: [
    'null',
    'true',
    '[',
    ']',
    '{',
    '}',
    '":',
    '1e9',
    '-1',
    '__proto__',
    'constructor',
    'toString',
    '\\u0000',
    '\\ud800',
  ],
  run(input) {
    let parsed: unknown
    try {
      parsed = JSON.parse(textOf(input))
    } catch {
      return
    }
    resolve({ options: parsed as object })
  },
}
