import { ConfigError } from '@aster/config'
import { describe } from '@aster/rpc-core/schema'
import type { AsterClientOptions } from './options.ts'
import { POLICIES } from './policy.ts'

type Issue = ConstructorParameters<typeof ConfigError>[0][number]

/** @throws ConfigError for options that are no settings of `AsterConfig`, and are ill-formed; all of them */
export function checkOptions(options: AsterClientOptions): void {
  const { channelName, idleTimeoutMs, policy, strictContract, timeoutMs } = options
  const issues: Issue[] = []
  const check = (field: string, value: unknown, fits: boolean, expected: string): void => {
    if (value === undefined || fits) return
    const found = typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : describe(value)
    issues.push({ field, source: `option ${field}`, found, expected })
  }
  const isTime = (value: unknown): boolean => typeof value === 'number' && value > 0
  check('channelName', channelName, typeof channelName === 'string' && channelName !== '', 'the name of a channel')
  check('idleTimeoutMs', idleTimeoutMs, isTime(idleTimeoutMs), 'a number of milliseconds above 0')
  check('policy', policy, POLICIES.includes(policy as never), `one of ${POLICIES.join(', ')}`)
  check('strictContract', strictContract, typeof strictContract === 'boolean', 'true or false')
  check('timeoutMs', timeoutMs, isTime(timeoutMs), 'a number of milliseconds above 0')
  if (issues.length > 0) throw new ConfigError(issues)
}
