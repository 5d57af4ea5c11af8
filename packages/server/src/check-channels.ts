import { ConfigError } from '@aster/config'
import type { Transport } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'
import { describe, isWellFormed } from '@aster/rpc-core/schema'
import type { ChannelOptions } from './channel-options.ts'
import type { AsterServerOptions } from './options.ts'

type Issue = ConstructorParameters<typeof ConfigError>[0][number]
type Rule = readonly [fits: (value: unknown) => boolean, expected: string]

const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)
const isName = (value: unknown): boolean => typeof value === 'string' && value !== '' && isWellFormed(value)
const isTransport = (value: unknown): boolean =>
  isRecord(value) && typeof (value as Partial<Transport>).listen === 'function'

const RULES: { readonly [Name in keyof ChannelOptions]-?: Rule } = {
  services: [(value) => Array.isArray(value) && value.length > 0, 'a list of at least one service'],
  bindAddr: [(value) => typeof value === 'string', 'ip:port or [ipv6]:port, port 0 for any'],
  transport: [isTransport, 'a transport'],
  interceptors: [
    (value) => Array.isArray(value) && value.every((one) => typeof one === 'function'),
    'a list of interceptors, which are functions',
  ],
}

/** As `channels.bulk`; a name that is no word is quoted. */
export function channelField(name: string, option?: string): string {
  const channel = /^[\w-]+$/.test(name) ? `channels.${name}` : `channels[${JSON.stringify(name)}]`
  return option === undefined ? channel : `${channel}.${option}`
}

/** @throws ConfigError for names and options of channels that are ill-formed, or do not go together; all of them */
export function checkChannels({ channelName = 'rpc', channels = {}, transport }: AsterServerOptions): void {
  const issues: Issue[] = []
  const refuse = (field: string, found: string, expected: string): void =>
    void issues.push({ field, source: `option ${field}`, found, expected })

  if (!isName(channelName)) refuse('channelName', shown(channelName), 'the name of a channel')
  if (!isRecord(channels)) refuse('channels', shown(channels), 'an object: options by the names of channels')
  else {
    const all = Object.entries(channels)
    const room = LIMITS.channels - 1
    if (all.length > room) refuse('channels', `${all.length} channels`, `at most ${room} beside the main one`)
    const users = new Map<unknown, string>([[transport, channelName]])
    for (const [name, given] of all) {
      if (!isName(name)) refuse('channels', shown(name), 'the name of a channel')
      else if (name === channelName)
        refuse(channelField(name), shown(name), 'another name than that of the main channel')
      else if (!isRecord(given)) refuse(channelField(name), shown(given), 'the options of a channel')
      else checkOptions(given, users, name, (option, ...rest) => refuse(channelField(name, option), ...rest))
    }
  }
  if (issues.length > 0) throw new ConfigError(issues)
}

function checkOptions(
  given: ChannelOptions,
  users: Map<unknown, string>,
  name: string,
  refuse: (option: string, found: string, expected: string) => void,
): void {
  for (const [option, value] of Object.entries(given)) {
    const rule = Object.hasOwn(RULES, option) ? RULES[option as keyof ChannelOptions] : undefined
    if (rule === undefined) refuse(option, 'an unknown option', `one of ${Object.keys(RULES).join(', ')}`)
    else if (value !== undefined && !rule[0](value)) refuse(option, shown(value), rule[1])
  }
  const { transport, bindAddr } = given
  if (transport === undefined) return
  const user = users.get(transport)
  if (user !== undefined) refuse('transport', `the transport of channel '${user}'`, 'a transport of its own')
  users.set(transport, name)
  if (bindAddr !== undefined) refuse('bindAddr', shown(bindAddr), 'none beside a transport, which is bound already')
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : describe(value)
}
