import { AsterError, type Logger } from '@aster/rpc-core'
import { guardLogger } from '@aster/rpc-core/protocol'
import { errorMessage, quoted } from '@aster/rpc-core/schema'
import type { Binding, BindingName } from './binding.ts'
import { number0Binding } from './number0/endpoint.ts'
import { ringBinding } from './rings/binding.ts'

/** Forces a binding. */
const VARIABLE = 'ASTER_IROH_BINDING'

const BINDINGS: Readonly<Record<BindingName, () => Promise<Binding>>> = {
  native: ringBinding,
  number0: number0Binding,
}

/**
 * Returns the binding that `ASTER_IROH_BINDING` names; else the addon `@aster/iroh-native` if it can be loaded, else
 * `@number0/iroh`.
 *
 * @param logger gets a debug line if the addon cannot be loaded
 * @throws AsterError if the binding that was named, or each of the two, cannot be loaded
 */
export async function chooseBinding(logger?: Logger): Promise<Binding> {
  const forced = process.env[VARIABLE]
  if (forced !== undefined && forced !== '') return forcedBinding(forced)
  let reason
  try {
    return await ringBinding()
  } catch (error) {
    reason = errorMessage(error)
    if (logger !== undefined) guardLogger(logger)?.debug({ reason }, '@aster/iroh-native is not used')
  }
  try {
    return await number0Binding()
  } catch (error) {
    throw new AsterError(`${errorMessage(error)}; and ${reason}`, { cause: error })
  }
}

async function forcedBinding(name: string): Promise<Binding> {
  if (name !== 'native' && name !== 'number0')
    throw new AsterError(`${VARIABLE} is ${quoted(name)}; expected 'native' or 'number0', or leave it unset`)
  try {
    return await BINDINGS[name]()
  } catch (error) {
    throw new AsterError(`${VARIABLE} is '${name}': ${errorMessage(error)}`, { cause: error })
  }
}
