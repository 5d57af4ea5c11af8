import { AsterError, RpcError, StatusCode } from '@aster/rpc-core'
import { brandError, LIMITS } from '@aster/rpc-core/protocol'
import { listPrintable, printable, quoted } from '@aster/rpc-core/schema'

/** Thrown if the producer does not offer a service, or not in the version or on the channel that was asked for. */
export class ServiceNotFoundError extends AsterError {
  static {
    brandError(this, 'ServiceNotFoundError')
  }

  override readonly name: string = 'ServiceNotFoundError'
  /** The name of the service. */
  readonly service: string
  /** The version that was asked for; `undefined` if any version would have been accepted. */
  readonly version: number | undefined
  /** The channel that does not offer the service; `undefined` if no channel offers it. */
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

/** A channel that does not offer a service, and the channels that do. */
export interface MissingChannel {
  /** The name of the channel that was asked for. */
  readonly channel: string
  /** The names of the channels that offer the service. */
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

/** Thrown with `strictContract` if the producer's contract id is not that of the definition. */
export class ContractMismatchError extends AsterError {
  static {
    brandError(this, 'ContractMismatchError')
  }

  override readonly name: string = 'ContractMismatchError'
  /** The name of the service. */
  readonly service: string
  /** The version of the service. */
  readonly version: number
  /** The contract id of the definition: 64 hex digits. */
  readonly expected: string
  /** The contract id that the producer offers; empty if it offers none. */
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

/** The errors of channels that this client must not dial. */
const notDialled = new WeakSet<object>()

/** Returns true if an error concerns one channel only, so that the producer can still be used. */
export function isChannelError(error: unknown): boolean {
  return error instanceof ServiceNotFoundError || notDialled.has(Object(error))
}

/** Returns the error of a call on a channel that `allowedChannels` does not contain. */
export function channelNotAllowedError(service: string, channel: string, endpointId: string): RpcError {
  const text = `channel ${quoted(channel)} of service ${quoted(service)} leads to the endpoint ${endpointId}: allowedChannels has neither its name nor this endpoint id`
  return notDialledError(StatusCode.FAILED_PRECONDITION, text)
}

/** Returns the error of a call on a channel if the producer has named too many endpoints. */
export function tooManyEndpointsError(endpointId: string): RpcError {
  const text = `the producer ${endpointId} names more endpoints than a client dials: ${LIMITS.admittedEndpoints} beside its own have been used since the last admission; use fewer channels with one client`
  return notDialledError(StatusCode.RESOURCE_EXHAUSTED, text)
}

function notDialledError(code: StatusCode, text: string): RpcError {
  const error = new RpcError(code, text)
  notDialled.add(error)
  return error
}
