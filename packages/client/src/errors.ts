import { AsterError } from '@aster/rpc-core'
import { brandError } from '@aster/rpc-core/protocol'

/** The producer does not offer a service, or not in this version. */
export class ServiceNotFoundError extends AsterError {
  static {
    brandError(this, 'ServiceNotFoundError')
  }

  override readonly name: string = 'ServiceNotFoundError'
  readonly service: string
  /** `undefined` where any version would have done. */
  readonly version: number | undefined

  constructor(
    service: string,
    version: number | undefined,
    offered: readonly { readonly name: string; readonly version: number }[],
  ) {
    const list = offered.map((one) => `${one.name} v${one.version}`).join(', ')
    const wanted = version === undefined ? `'${service}'` : `'${service}' v${version}`
    super(`service ${wanted} not offered by producer (offered: ${list === '' ? 'none' : list})`)
    this.service = service
    this.version = version
  }
}

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
    const found = offered === '' ? 'the producer offers none' : `the producer offers ${offered}`
    super(`service '${service}' v${version}: the definition has the contract id ${expected}, and ${found}`)
    this.service = service
    this.version = version
    this.expected = expected
    this.offered = offered
  }
}
