import { ConfigError, type ConfigIssueOptions, findUnknownOptions } from '@aster/config'
import { describeShown, isObject } from '@aster/rpc-core/schema'
import type { AsterServerOptions } from './options.ts'
import { isSignalOption } from './signals.ts'

/** The names of all options. The type makes sure that the list is complete. */
const OPTIONS: { readonly [Name in keyof AsterServerOptions]-?: true } = {
  services: true,
  config: true,
  identityFile: true,
  peer: true,
  rootPubkey: true,
  allowAllConsumers: true,
  relayTimeoutMs: true,
  discovery: true,
  nonceStore: true,
  admission: true,
  channelName: true,
  channels: true,
  health: true,
  reflection: true,
  deadPeerMs: true,
  transport: true,
  codec: true,
  compression: true,
  interceptors: true,
  limits: true,
  maxConcurrentStreams: true,
  maxConnections: true,
  maxConnectionsPerPeer: true,
  connectionIdleTimeoutMs: true,
  sessionIdleTimeoutMs: true,
  handlerTimeoutMs: true,
  headerTimeoutMs: true,
  frameTimeoutMs: true,
  flushTimeoutMs: true,
  maxSessionsPerPeer: true,
  maxMessageBytes: true,
  exposeErrors: true,
  signals: true,
  logger: true,
}

/**
 * Checks the names of all options, and the values of `services`, `reflection` and `signals`.
 *
 * @throws ConfigError with every mistake
 */
export function checkOptions(options: AsterServerOptions): void {
  const issues: ConfigIssueOptions[] = [...findUnknownOptions(options, Object.keys(OPTIONS))]
  if (!isObject(options)) throw new ConfigError(issues)
  const { reflection, services, signals } = options as Partial<AsterServerOptions>
  if (!Array.isArray(services) || services.length === 0) {
    const found = Array.isArray(services) ? 'an empty list' : describeShown(services)
    issues.push({ field: 'services', source: 'option services', found, expected: 'a list of at least one service' })
  }
  if (reflection !== undefined && typeof reflection !== 'boolean') {
    const found = describeShown(reflection)
    issues.push({ field: 'reflection', source: 'option reflection', found, expected: 'true or false' })
  }
  if (!isSignalOption(signals)) {
    const expected = 'true, false, or an object: graceMs, milliseconds from 0 on'
    issues.push({ field: 'signals', source: 'option signals', found: describeShown(signals), expected })
  }
  if (issues.length > 0) throw new ConfigError(issues)
}
