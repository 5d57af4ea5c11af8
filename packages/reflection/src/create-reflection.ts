import { type Description, selectServices } from '@aster/description'
import { implement, RpcError, type ServiceImplementation, StatusCode } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'
import { quoted } from '@aster/rpc-core/schema'
import { ReflectionService } from './reflection-service.ts'

/**
 * Returns the service that returns a description of the services beside it.
 *
 * @param description the result of `describeServices`. If it changes, calls that name services return the new state, and
 *   calls for all services the state of the first such call
 */
export function createReflection(description: Description): ServiceImplementation {
  let all: string | undefined
  return implement(ReflectionService, {
    describe: ({ services }) => {
      const text =
        services.length === 0
          ? (all ??= JSON.stringify(description))
          : JSON.stringify(selectServices(description, checkNames(description, services)))
      return { description: checkLength(text) }
    },
  })
}

function checkNames({ services }: Description, wanted: readonly string[]): readonly string[] {
  const known = new Set(services.map(({ name }) => name))
  const missing = wanted.find((name) => !known.has(name))
  if (missing === undefined) return wanted
  throw new RpcError(StatusCode.NOT_FOUND, `the producer offers no service ${quoted(missing)}`)
}

function checkLength(text: string): string {
  // A character may take up to three bytes of UTF-8: the codec reports a description that exceeds its limit in bytes only.
  if (text.length <= LIMITS.description) return text
  throw new RpcError(
    StatusCode.RESOURCE_EXHAUSTED,
    `the description of these services has more than ${LIMITS.description} characters; ask for fewer of them`,
  )
}
