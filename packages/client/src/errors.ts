import { AsterError } from '@aster/rpc-core'

/** The producer does not offer a service, or not in this version. */
export class ServiceNotFoundError extends AsterError {
  override readonly name: string = 'ServiceNotFoundError'
  readonly service: string
  readonly version: number

  constructor(
    service: string,
    version: number,
    offered: readonly { readonly name: string; readonly version: number }[],
  ) {
    const list = offered.map((one) => `${one.name} v${one.version}`).join(', ')
    super(`service '${service}' v${version} not offered by producer (offered: ${list === '' ? 'none' : list})`)
    this.service = service
    this.version = version
  }
}
