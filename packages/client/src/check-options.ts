import { ConfigError, type ConfigIssueOptions } from '@aster/config'
import { describeShown } from '@aster/rpc-core/schema'
import type { AsterClientOptions } from './options.ts'
import { POLICIES } from './policy.ts'

/** Checks the options that are not settings of `AsterConfig`. @throws ConfigError that names every mistake */
export function checkOptions(options: AsterClientOptions): void {
  const { channelName, idleTimeoutMs, policy, shareEndpoint, strictContract, timeoutMs } = options
  const issues: ConfigIssueOptions[] = []
  const check = (field: keyof AsterClientOptions, fits: boolean, expected: string): void => {
    const value = options[field]
    if (value === undefined || fits) return
    issues.push({ field, source: `option ${field}`, found: describeShown(value), expected })
  }
  check('channelName', typeof channelName === 'string' && channelName !== '', 'the name of a channel')
  check('idleTimeoutMs', isPositive(idleTimeoutMs), 'a number of milliseconds above 0')
  check('policy', POLICIES.includes(policy as never), `one of ${POLICIES.join(', ')}`)
  check('shareEndpoint', typeof shareEndpoint === 'boolean', 'true or false')
  check('strictContract', typeof strictContract === 'boolean', 'true or false')
  check('timeoutMs', isPositive(timeoutMs), 'a number of milliseconds above 0')
  if (issues.length > 0) throw new ConfigError(issues)
}

const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0
