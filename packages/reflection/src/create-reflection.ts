import { type Description, selectServices } from '@aster/description'
import { implement, RpcError, type ServiceImplementation, StatusCode } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'
import { quoted } from '@aster/rpc-core/schema'
import { ReflectionService } from './reflection-service.ts'

/**
 * Creates the reflection service, which returns a description of the services that the producer offers.
 *
 * @param description the result of `describeServices`. Do not change it afterwards: calls for all services would return the
 *   state at the first such call, and calls that name services the new state
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
  // Counts characters, each of up to three bytes of UTF-8. The client applies the limit of the method, which counts bytes.
  if (text.length <= LIMITS.description) return text
  throw new RpcError(
    StatusCode.RESOURCE_EXHAUSTED,
    `the description of these services has more than ${LIMITS.description} characters; ask for fewer of them`,
  )
}
