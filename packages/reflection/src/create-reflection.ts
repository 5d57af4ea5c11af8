import { type Description, selectServices } from '@aster/description'
import { implement, RpcError, type ServiceImplementation, StatusCode } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'
import { quoted } from '@aster/rpc-core/schema'
import { ReflectionService } from './reflection-service.ts'

/**
 * Returns the service that tells of the services of a description, to be offered beside them.
 *
 * @param description of `describeServices`; it is read with each call that asks for some services, and once for all of them
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
  // UTF-8 has up to three bytes for each code unit; the codec tells of those that the characters alone do not.
  if (text.length <= LIMITS.description) return text
  throw new RpcError(
    StatusCode.RESOURCE_EXHAUSTED,
    `the description of these services has more than ${LIMITS.description} characters; ask for fewer of them`,
  )
}
