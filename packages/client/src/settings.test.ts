import { AsterConfig, ConfigError } from '@aster/config'
import { generateKeyPair } from '@aster/identity'
import { expect, it } from 'vitest'
import type { AsterClientOptions } from './options.ts'
import { resolveSettings } from './settings.ts'

const [a, b] = [generateKeyPair().publicKey, generateKeyPair().publicKey]
const config = AsterConfig.from({}, { ASTER_ENDPOINT_ADDR: a, ASTER_CONNECT_TIMEOUT_MS: '5' })

it('reads the settings from the options, which win over the configuration, and ignores other options', () => {
  const options: AsterClientOptions = { config, endpointAddr: [b, a], policy: 'round-robin', timeoutMs: 1 }
  const settings = resolveSettings(options)
  expect(settings.addresses).toEqual([
    { endpointId: b, addresses: [] },
    { endpointId: a, addresses: [] },
  ])
  expect(settings.config.origin('endpointAddr')).toBe('option endpointAddr')
  expect(settings.config.origin('connectTimeoutMs')).toBe('ASTER_CONNECT_TIMEOUT_MS')
})

it('reads discovery, and works without an identity file', () => {
  const env = AsterConfig.from({}, { ASTER_DISCOVERY: 'true', ASTER_IDENTITY_FILE: 'nowhere', ASTER_ENDPOINT_ADDR: a })
  const settings = resolveSettings({ config: env, discovery: false, identityFile: false })
  expect([settings.config.discovery, settings.config.origin('discovery')]).toEqual([false, 'option discovery'])
  expect(settings.identityFile).toBeUndefined()
})

it('requires an address', () => {
  const error = (() => {
    try {
      return resolveSettings({ config: AsterConfig.from({}) })
    } catch (thrown) {
      return thrown
    }
  })()
  expect(error).toBeInstanceOf(ConfigError)
  expect(String(error)).toContain('AsterClient requires an endpoint address')
})
