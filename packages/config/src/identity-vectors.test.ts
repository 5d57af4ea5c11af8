import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parse } from 'smol-toml'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { configErrorOf } from '../test/config-error-of.ts'
import { AsterConfig } from './aster-config.ts'
import { missingEndpointAddress } from './config-error.ts'
import type { IdentityLayer } from './identity-layer.ts'

interface Case {
  name: string
  inline: { endpoint_addr?: string; root_pubkey?: string; enrollment_credential_file?: string }
  files: Record<string, string>
  homeFiles?: Record<string, string>
  env: Record<string, string>
  fromFile?: boolean
  expect: {
    endpointAddr?: string
    rootPubkey?: string | null
    secretKeyHex?: string | null
    credential?: object | null
    iidToken?: string
    error?: { field: string; source?: string }
  }
}

const file = readFileSync(new URL('../fixtures/identity-files.json', import.meta.url), 'utf8')
const { cases } = JSON.parse(file) as { cases: Case[] }

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aster-config-'))
  vi.stubEnv('HOME', join(folder, 'home'))
  vi.stubEnv('USERPROFILE', join(folder, 'home'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const at = <Text extends string | undefined>(text: Text): Text =>
  text?.replaceAll('DIR/', join(folder, 'work', '/')) as Text

function write(base: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, base, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}

function load({ inline, files, env, fromFile }: Case): AsterConfig {
  const options = {
    endpointAddr: inline.endpoint_addr,
    rootPubkey: inline.root_pubkey,
    enrollmentCredentialFile: at(inline.enrollment_credential_file),
  }
  return AsterConfig.resolve({
    options,
    identity: identityOf(files['.aster-identity']),
    env: Object.fromEntries(Object.entries(env).map(([name, text]) => [name, at(text)])),
    toml: fromFile ? { path: 'aster.toml', text: files['aster.toml'] ?? '' } : undefined,
  })
}

/** The first consumer of a well-formed identity file. */
function identityOf(text: string | undefined): IdentityLayer | undefined {
  if (text === undefined) return undefined
  const { node, peers = [] } = parse(text) as {
    node: { secret_key: string }
    peers?: { role: string; root_pubkey: string }[]
  }
  const index = peers.findIndex(({ role }) => role === 'consumer')
  const peer = `.aster-identity peers[${index}]`
  return {
    source: '.aster-identity',
    values: { secretKey: node.secret_key, rootPubkey: peers[index]?.root_pubkey, credential: index >= 0 },
    origins: { rootPubkey: peer, credential: peer },
  }
}

function use(config: AsterConfig): Case['expect'] {
  const [endpointAddr] = config.endpointAddrs
  if (endpointAddr === undefined) throw missingEndpointAddress()
  const key = config.secretKey
  return {
    endpointAddr,
    rootPubkey: config.readRootPubkey() ?? null,
    secretKeyHex: key ? Buffer.from(key).toString('hex') : null,
    iidToken: config.enrollmentCredentialIid ?? '',
  }
}

describe('vectors of identity files', () => {
  it.each(cases)('$name', (one) => {
    write('work', one.files)
    write('home', one.homeFiles ?? {})
    const { credential, error, ...expected } = one.expect
    if (error) {
      const [issue] = configErrorOf(() => use(load(one))).issues
      expect(issue?.field.toLowerCase()).toBe(error.field.replaceAll('_', ''))
      const variable = one.env[error.source ?? '']
      const path = error.field === 'root_pubkey_file' && variable ? `: ${at(variable)}` : ''
      expect(issue?.source).toBe(`${error.source ?? 'default'}${path}`)
      return
    }
    const config = load(one)
    expect(use(config)).toEqual(expected)
    expect(config.credential !== undefined).toBe(credential !== null)
    const path = config.credential?.kind === 'file' ? config.credential.path : undefined
    if (path?.startsWith('/')) expect(() => readFileSync(path)).not.toThrow()
  })
})
