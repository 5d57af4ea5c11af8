import { ConfigError, type ConfigIssueOptions, findUnknownOptions } from '@aster/config'
import { LIMITS } from '@aster/rpc-core/protocol'
import { describeShown, isObject } from '@aster/rpc-core/schema'
import type { DescribeOptions } from './described/fetch-description.ts'
import type { AsterClientOptions, DynamicClientOptions, ServiceClientOptions } from './options.ts'
import { POLICIES } from './policy.ts'

/** The names of all options of `T`. The type makes sure that a list is complete. */
type Names<T> = { readonly [Name in keyof T]-?: true }

const CLIENT_OPTIONS: Names<AsterClientOptions> = {
  config: true,
  peer: true,
  identityFile: true,
  enrollmentCredentialFile: true,
  endpointAddr: true,
  policy: true,
  rootPubkey: true,
  channelName: true,
  allowedChannels: true,
  connectTimeoutMs: true,
  deadPeerMs: true,
  discovery: true,
  timeoutMs: true,
  maxMessageBytes: true,
  idleTimeoutMs: true,
  maxConnectionsPerTarget: true,
  strictContract: true,
  shareEndpoint: true,
  transport: true,
  codec: true,
  compression: true,
  interceptors: true,
  logger: true,
}

const SERVICE_OPTIONS: Names<ServiceClientOptions> = { channel: true, codec: true, interceptors: true }
const DYNAMIC_OPTIONS: Names<DynamicClientOptions> = {
  description: true,
  version: true,
  channel: true,
  interceptors: true,
}

const DESCRIBE_OPTIONS: Names<DescribeOptions> = {
  services: true,
  channel: true,
  timeoutMs: true,
  signal: true,
  metadata: true,
  parent: true,
}

/** The options of the methods that bind a service. */
const BINDINGS = {
  client: SERVICE_OPTIONS,
  session: { ...SERVICE_OPTIONS, signal: true },
  dynamic: DYNAMIC_OPTIONS,
  describe: DESCRIBE_OPTIONS,
  dynamicSession: { ...DYNAMIC_OPTIONS, signal: true },
} as const

/**
 * Checks the names of the options of a method that binds a service.
 *
 * @throws ConfigError if an option is not known
 */
export function checkBindingOptions(method: keyof typeof BINDINGS, options: object): void {
  const issues = findUnknownOptions(options, Object.keys(BINDINGS[method]))
  if (issues.length > 0) throw new ConfigError(issues)
}

/**
 * Checks the names of all options, and the values of those that are not settings of `AsterConfig`.
 *
 * @throws ConfigError with every mistake
 */
export function checkOptions(options: AsterClientOptions): void {
  const unknown = findUnknownOptions(options, Object.keys(CLIENT_OPTIONS))
  if (!isObject(options)) throw new ConfigError(unknown)
  const {
    allowedChannels,
    channelName,
    idleTimeoutMs,
    maxConnectionsPerTarget,
    maxMessageBytes,
    policy,
    shareEndpoint,
    strictContract,
    timeoutMs,
  } = options
  const issues: ConfigIssueOptions[] = [...unknown]
  const check = (field: keyof AsterClientOptions, fits: boolean, expected: string): void => {
    const value = options[field]
    if (value === undefined || fits) return
    issues.push({ field, source: `option ${field}`, found: describeShown(value), expected })
  }
  check('allowedChannels', isNames(allowedChannels), 'a list of names of channels or endpoint ids')
  check('channelName', typeof channelName === 'string' && channelName !== '', 'the name of a channel')
  check('idleTimeoutMs', isPositive(idleTimeoutMs), 'a number of milliseconds above 0')
  check('maxConnectionsPerTarget', isCount(maxConnectionsPerTarget), 'an integer from 1')
  check('maxMessageBytes', isMessageBytes(maxMessageBytes), `an integer from 1 to ${LIMITS.decompressed} (bytes)`)
  check('policy', POLICIES.includes(policy as never), `one of ${POLICIES.join(', ')}`)
  check('shareEndpoint', typeof shareEndpoint === 'boolean', 'true or false')
  check('strictContract', typeof strictContract === 'boolean', 'true or false')
  check('timeoutMs', isPositive(timeoutMs), 'a number of milliseconds above 0')
  if (issues.length > 0) throw new ConfigError(issues)
}

const isMessageBytes = (value: unknown): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= LIMITS.decompressed
const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1

const isNames = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '')
