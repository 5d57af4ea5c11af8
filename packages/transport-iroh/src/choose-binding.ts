import { AsterError, type Logger } from '@aster/rpc-core'
import { guardLogger } from '@aster/rpc-core/protocol'
import { errorMessage, quoted } from '@aster/rpc-core/schema'
import type { Binding, BindingName } from './binding.ts'
import { number0Binding } from './number0/endpoint.ts'
import { ringBinding } from './rings/binding.ts'

/** The environment variable that forces a binding. */
const VARIABLE = 'ASTER_IROH_BINDING'

const BINDINGS: Readonly<Record<BindingName, () => Promise<Binding>>> = {
  native: ringBinding,
  number0: number0Binding,
}

/**
 * Returns the binding that `ASTER_IROH_BINDING` names. If the variable is not set, returns `@aster/iroh-native` if that can
 * be loaded, else `@number0/iroh`.
 *
 * @param logger receives a line at the level `debug` if `@aster/iroh-native` cannot be loaded
 * @throws AsterError if the named binding cannot be loaded, or if neither can
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
