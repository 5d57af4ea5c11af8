import { format, inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AsterConfig } from './aster-config.ts'
import type { ConfigSources } from './sources.ts'
import { formatExplanation } from './explain.ts'

/** Returns all strings that a program may print of a configuration or of its error. */
function outputs(load: () => AsterConfig): string[] {
  const print = (value: AsterConfig | Error): string[] => [
    value.toString(),
    JSON.stringify(value),
    inspect(value, { depth: Infinity, showHidden: true }),
    format('%o %O %j', value, value, value),
    JSON.stringify(Object.assign({}, value)),
    inspect(structuredClone(Object.assign({}, value))),
    Object.values(value).join(),
  ]
  try {
    const config = load()
    const rows = config.explain()
    return [...print(config), JSON.stringify(rows), inspect(rows), formatExplanation(rows), ...config.warnings]
  } catch (error) {
    return [...print(error as Error), (error as Error).stack ?? '']
  }
}

function expectHidden(secret: string, sources: ConfigSources): void {
  for (const text of outputs(() => AsterConfig.resolve(sources))) expect(text).not.toContain(secret)
}

const keys = fc.uint8Array({ minLength: 32, maxLength: 32 })
const encoding = fc.constantFrom('base64', 'base64url', 'hex')
/** Secrets that cannot occur by chance, without characters that JSON or TOML escapes. */
const token = fc.stringMatching(/^[A-Za-z0-9._~+/=-]{12,200}$/)
const broken = fc.constantFrom('', '\n', '"', '\u0000', '!')

describe('a secret', () => {
  it('never shows when it is a good key, in any form', () => {
    fc.assert(
      fc.property(keys, encoding, (bytes, encoding) => {
        const text = Buffer.from(bytes).toString(encoding)
        const all = {
          options: { secretKey: bytes },
          identity: { source: 'id', values: { secretKey: bytes } },
          env: { ASTER_SECRET_KEY: text },
          toml: { path: 'a', text: `[network]\nsecret_key = "${text}"` },
        }
        for (const [name, source] of Object.entries(all)) {
          expectHidden(text.replace(/=+$/, ''), { [name]: source })
          expectHidden([...bytes].join(','), { [name]: source })
          expectHidden([...bytes].join(', '), { [name]: source })
        }
      }),
    )
  })

  it('never shows when it is ill-formed or in the place of something else', () => {
    const variables = [
      'SECRET_KEY',
      'ENROLLMENT_CREDENTIAL_IID',
      'RELAY_TOKEN',
      'SECRET_KEYS',
      'SECRETKEY',
      'PROXY_URL',
      'ENROLLMENT',
      'ROOT_KEY',
      'OTHER_THING',
    ].map((name) => `ASTER_${name}`)
    const places = [
      '[network]\nsecret_key',
      '[trust]\nenrollment_credential_iid',
      '[network]\nrelay_token',
      '[trust]\nsecret_key',
      '[network]\nsecretkey',
      'secret_key',
      '[other]\nx',
      'network',
      '[network]\nproxy_url',
    ]
    fc.assert(
      fc.property(
        token,
        broken,
        fc.constantFrom(...variables),
        fc.constantFrom(...places),
        (secret, end, variable, place) => {
          expectHidden(secret, { env: { [variable]: secret + end } })
          expectHidden(secret, { toml: { path: 'a', text: `${place} = "${secret}${end}"` } })
          expectHidden(secret, { options: { secretKey: secret + end, secretkey: secret } as object })
          expectHidden(secret, { identity: { source: 'id', values: { secretKey: secret + end } } })
        },
      ),
    )
  })

  it('never shows when it is a key in the place of any other field', () => {
    const variables = [
      'ROOT_PUBKEY',
      'ROOT_PUBKEY_FILE',
      'ALLOW_ALL_CONSUMERS',
      'RELAY_MODE',
      'BIND_ADDR',
      'LOG_LEVEL',
      'PEER_TTL_S',
      'ENABLE_HOOKS',
    ].map((name) => `ASTER_${name}`)
    fc.assert(
      fc.property(
        keys,
        fc.constantFrom('base64', 'base64url'),
        fc.constantFrom(...variables),
        (bytes, encoding, variable) => {
          const text = Buffer.from(bytes).toString(encoding)
          // Any string may be a path, which is valid and therefore shown.
          if (variable !== 'ASTER_ROOT_PUBKEY_FILE') expectHidden(text, { env: { [variable]: text } })
          expectHidden(text, { env: { [variable]: JSON.stringify({ private_key: text }) } })
        },
      ),
    )
  })
})
