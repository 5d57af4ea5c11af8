import { credentialFindings, formatCredential, generateKeyPair, SecretKey } from '@aster/identity'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AsterConfig, type ConsumerSettings, type SettingsOptions } from './aster-config.ts'
import { ConfigError, missingEndpointAddress } from './config-error.ts'

interface Case {
  name: string
  inline: Record<string, string>
  files: Record<string, string>
  homeFiles?: Record<string, string>
  env: Record<string, string>
  fromFile?: boolean
  finding?: string
  expect: {
    error?: { field: string; source?: string; known?: string[] }
    endpointAddr: string
    rootPubkey: string | null
    secretKeyHex: string | null
    credential: Record<string, unknown> | null
    iidToken: string
  }
}

const file = new URL('../fixtures/consumers.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] }

const optionNames: Record<string, keyof SettingsOptions> = {
  endpoint_addr: 'endpointAddr',
  root_pubkey: 'rootPubkey',
  enrollment_credential_file: 'enrollmentCredentialFile',
  identity: 'identityFile',
  peer: 'peer',
}
const findingKinds: Record<string, string> = {
  expired: 'expired',
  'bound to another endpoint id': 'other-endpoint',
  'signature does not hold': 'bad-signature',
  'signed by another root key than the expected one': 'other-root',
}

describe('forConsumer, against the vectors', () => {
  const before = { cwd: process.cwd(), home: process.env['HOME'] }
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aster-settings-'))
    mkdirSync(join(folder, 'work'))
    mkdirSync(join(folder, 'home'))
    process.chdir(join(folder, 'work'))
    process.env['HOME'] = join(folder, 'home')
  })
  afterEach(() => {
    process.chdir(before.cwd)
    if (before.home === undefined) delete process.env['HOME']
    else process.env['HOME'] = before.home
    rmSync(folder, { recursive: true })
  })

  function settingsOf(one: Case): ConsumerSettings {
    const work = join(folder, 'work')
    for (const [where, files] of [
      [work, one.files],
      [join(folder, 'home'), one.homeFiles ?? {}],
    ] as const) {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(where, name)), { recursive: true })
        writeFileSync(join(where, name), text, { mode: 0o600 })
      }
    }
    const local = (text: string) => text.replaceAll('DIR/', `${work}/`)
    const env = Object.fromEntries(Object.entries(one.env).map(([name, text]) => [name, local(text)]))
    const options = Object.fromEntries(
      Object.entries(one.inline).map(([name, text]) => [optionNames[name], local(text)]),
    )
    const config = one.fromFile === true ? AsterConfig.fromFile('aster.toml', env) : AsterConfig.fromEnv(env)
    const settings = AsterConfig.forConsumer({ config, ...options })
    if (settings.addresses.length === 0) throw missingEndpointAddress()
    return settings
  }

  const good = cases.filter((one) => one.expect.error === undefined)
  it.each(good.map((one) => [one.name, one] as const))('%s', (_name, one) => {
    const settings = settingsOf(one)
    expect(settings.config.endpointAddrs).toEqual([one.expect.endpointAddr])
    expect(settings.rootPubkey ?? null).toBe(one.expect.rootPubkey)
    const { secretKey } = settings.config
    expect(secretKey === undefined ? null : Buffer.from(secretKey).toString('hex')).toBe(one.expect.secretKeyHex)
    expect(settings.credential === undefined ? null : JSON.parse(formatCredential(settings.credential))).toEqual(
      one.expect.credential,
    )
    expect(settings.config.enrollmentCredentialIid ?? '').toBe(one.expect.iidToken)
    if (one.finding === undefined || settings.credential === undefined) return
    const endpointId = secretKey === undefined ? generateKeyPair().publicKey : new SecretKey(secretKey).publicKey
    const findings = credentialFindings(settings.credential, { endpointId, rootPubkey: settings.rootPubkey })
    expect(findings.map(({ kind }) => kind)).toContain(findingKinds[one.finding])
  })

  const bad = cases.filter((one) => one.expect.error !== undefined)
  it.each(bad.map((one) => [one.name, one] as const))('refuses: %s', (_name, one) => {
    const error = (() => {
      try {
        settingsOf(one)
        return undefined
      } catch (thrown) {
        return thrown
      }
    })()
    expect(error).toBeInstanceOf(ConfigError)
    const { field, source, known = [] } = one.expect.error ?? { field: '' }
    const text = String(error).replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    expect(text).toContain(
      field
        .split('.')
        .at(-1)
        ?.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    )
    if (source !== undefined) expect(String(error)).toContain(source === 'inline' ? 'option' : source)
    for (const name of known) expect(String(error)).toContain(name)
  })
})
