import { ConfigError, type ConfigIssueOptions } from '@aster/config'
import { LIMITS } from '@aster/rpc-core/protocol'
import { describeShown, isObject, isWellFormed, nearest, quoted } from '@aster/rpc-core/schema'
import type { ChannelOptions } from './channel-options.ts'
import type { AsterServerOptions } from './options.ts'

type Rule = readonly [fits: (value: unknown) => boolean, expected: string]

const isName = (value: unknown): boolean => typeof value === 'string' && value !== '' && isWellFormed(value)
const isTransport = (value: unknown): boolean => isObject(value) && typeof value['listen'] === 'function'

const RULES: { readonly [Name in keyof ChannelOptions]-?: Rule } = {
  services: [(value) => Array.isArray(value) && value.length > 0, 'a list of at least one service'],
  bindAddr: [(value) => typeof value === 'string', 'ip:port or [ipv6]:port, port 0 for any'],
  transport: [isTransport, 'a transport'],
  interceptors: [
    (value) => Array.isArray(value) && value.every((one) => typeof one === 'function'),
    'a list of interceptors, which are functions',
  ],
}

/** Returns the path of a channel or of its option, like `channels.bulk.services`. A name is quoted unless it is a word. */
export function channelField(name: string, option?: string): string {
  const channel = /^[\w-]+$/.test(name) ? `channels.${name}` : `channels[${quoted(name)}]`
  return option === undefined ? channel : `${channel}.${option}`
}

/**
 * Checks the names and the options of all channels.
 *
 * @throws ConfigError with every mistake, including options that exclude each other
 */
export function checkChannels({ channelName = 'rpc', channels = {}, transport }: AsterServerOptions): void {
  const issues: ConfigIssueOptions[] = []
  const add: AddMistake = (field, found, expected) =>
    void issues.push({ field, source: `option ${field}`, found, expected })

  if (!isName(channelName)) add('channelName', describeShown(channelName), 'the name of a channel')
  if (!isObject(channels)) add('channels', describeShown(channels), 'an object: options by the names of channels')
  else {
    const all = Object.entries(channels)
    const room = LIMITS.channels - 1
    if (all.length > room) add('channels', `${all.length} channels`, `at most ${room} beside the main one`)
    const users = new Map<unknown, string>([[transport, channelName]])
    for (const [name, given] of all) {
      const field = channelField(name)
      if (!isName(name)) add('channels', describeShown(name), 'the name of a channel')
      else if (name === channelName) add(field, describeShown(name), 'another name than that of the main channel')
      else if (!isObject(given)) add(field, describeShown(given), 'the options of a channel')
      else checkChannel({ name, given, users }, (option, ...rest) => add(channelField(name, option), ...rest))
    }
  }
  if (issues.length > 0) throw new ConfigError(issues)
}

function expectedOption(option: string): string {
  const [known, meant] = [Object.keys(RULES), nearest(option, Object.keys(RULES))]
  const all = `one of ${known.join(', ')}`
  return meant === undefined ? all : `${meant} (${all})`
}

type AddMistake = (field: string, found: string, expected: string) => void

interface GivenChannel {
  readonly name: string
  readonly given: ChannelOptions
  /** Maps each transport to the name of its channel, since a transport serves one channel only. */
  readonly users: Map<unknown, string>
}

function checkChannel({ name, given, users }: GivenChannel, add: AddMistake): void {
  for (const [option, value] of Object.entries(given)) {
    const rule = Object.hasOwn(RULES, option) ? RULES[option as keyof ChannelOptions] : undefined
    if (rule === undefined) add(option, 'an unknown option', expectedOption(option))
    else if (value !== undefined && !rule[0](value)) add(option, describeShown(value), rule[1])
  }
  const { transport, bindAddr } = given
  if (transport === undefined) return
  const user = users.get(transport)
  if (user !== undefined) add('transport', `the transport of channel '${user}'`, 'a transport of its own')
  users.set(transport, name)
  if (bindAddr !== undefined)
    add('bindAddr', describeShown(bindAddr), 'none beside a transport, which is bound already')
}
