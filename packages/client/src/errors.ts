import { AsterError, RpcError, StatusCode } from '@aster/rpc-core'
import { brandError, LIMITS } from '@aster/rpc-core/protocol'
import { listPrintable, printable, quoted } from '@aster/rpc-core/schema'

/** The producer does not offer a service, not in this version, or not on this channel. */
export class ServiceNotFoundError extends AsterError {
  static {
    brandError(this, 'ServiceNotFoundError')
  }

  override readonly name: string = 'ServiceNotFoundError'
  readonly service: string
  /** `undefined` where any version would have done. */
  readonly version: number | undefined
  /** The channel that the service is not on; `undefined` if the service itself is not offered. */
  readonly channel: string | undefined

  constructor(
    service: string,
    version: number | undefined,
    offered: readonly { readonly name: string; readonly version: number }[] | MissingChannel,
    { hint }: { readonly hint?: string | undefined } = {},
  ) {
    const text = 'channel' in offered ? noChannelText(service, offered) : notOfferedText(service, version, offered)
    super(hint === undefined ? text : `${text}: ${hint}`)
    this.service = service
    this.version = version
    this.channel = 'channel' in offered ? offered.channel : undefined
  }
}

/** A channel that a service is not on, and those that it is on. */
export interface MissingChannel {
  readonly channel: string
  readonly channels: readonly string[]
}

function noChannelText(service: string, { channel, channels }: MissingChannel): string {
  return `service '${printable(service)}' has no channel '${printable(channel)}' (channels: ${listNames(channels)})`
}

function notOfferedText(
  service: string,
  version: number | undefined,
  offered: readonly { readonly name: string; readonly version: number }[],
): string {
  const name = printable(service)
  const wanted = version === undefined ? `'${name}'` : `'${name}' v${version}`
  const list = offered.map((one) => `${printable(one.name)} v${one.version}`)
  return `service ${wanted} not offered by producer (offered: ${listNames(list)})`
}

const listNames = (names: readonly string[]): string => (names.length === 0 ? 'none' : listPrintable(names))

/** With `strictContract`: the producer's contract id is not that of the definition. */
export class ContractMismatchError extends AsterError {
  static {
    brandError(this, 'ContractMismatchError')
  }

  override readonly name: string = 'ContractMismatchError'
  readonly service: string
  readonly version: number
  /** Of the definition here: 64 hex digits. */
  readonly expected: string
  /** What the producer offers; empty for none. */
  readonly offered: string

  constructor(service: string, version: number, expected: string, offered: string) {
    const found = offered === '' ? 'the producer offers none' : `the producer offers ${printable(offered)}`
    super(`service '${printable(service)}' v${version}: the definition has the contract id ${expected}, and ${found}`)
    this.service = service
    this.version = version
    this.expected = expected
    this.offered = offered
  }
}

/** The errors of channels that this client does not dial. */
const notDialled = new WeakSet<object>()

/** Whether an error is about a channel alone, and says nothing about the producer. */
export function isChannelError(error: unknown): boolean {
  return error instanceof ServiceNotFoundError || notDialled.has(Object(error))
}

/** Returns the error of a call on a channel that `allowedChannels` leaves out. */
export function channelNotAllowedError(service: string, channel: string, endpointId: string): RpcError {
  const text = `channel ${quoted(channel)} of service ${quoted(service)} leads to the endpoint ${endpointId}: allowedChannels has neither its name nor this endpoint id`
  return notDialledError(StatusCode.FAILED_PRECONDITION, text)
}

/** Returns the error of a call on a channel that leads to one endpoint too many. */
export function tooManyEndpointsError(endpointId: string): RpcError {
  const text = `the producer ${endpointId} names more endpoints than a client dials: ${LIMITS.admittedEndpoints} beside its own have been used since the last admission; use fewer channels with one client`
  return notDialledError(StatusCode.RESOURCE_EXHAUSTED, text)
}

function notDialledError(code: StatusCode, text: string): RpcError {
  const error = new RpcError(code, text)
  notDialled.add(error)
  return error
}
