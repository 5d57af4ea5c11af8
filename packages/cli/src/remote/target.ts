import type { Description, MethodDescription, ServiceDescription, ServiceSummary } from '@aster/client'
import { ReflectionService } from '@aster/reflection'
import { nearest, printable } from '@aster/rpc-core/schema'
import { CliError, usageError } from '../cli-error.ts'

/** Whether a producer that offers these services describes itself. */
export function hasReflection(services: readonly ServiceSummary[]): boolean {
  const { name, version } = ReflectionService
  return services.some((one) => one.name === name && one.version === version)
}

/** The service or method that `Service` or `Service.method` names. */
export interface Target {
  readonly service: ServiceSummary
  /** The wire name of the method; `undefined` for a service. */
  readonly method: string | undefined
}

/**
 * Finds the service or method that `Service[.method]` names among those that are offered. Names of services may contain dots.
 *
 * @throws CliError if there is no such service or method; it names the nearest
 */
export function findTarget(offered: readonly ServiceSummary[], text: string, version?: number): Target {
  const dot = text.lastIndexOf('.')
  const candidates: readonly (readonly [string, string | undefined])[] =
    dot < 1
      ? [[text, undefined]]
      : [
          [text, undefined],
          [text.slice(0, dot), text.slice(dot + 1)],
        ]
  for (const [name, method] of candidates) {
    const found = offered.filter((one) => one.name === name && (version === undefined || one.version === version))
    const [newest] = found.toSorted((a, b) => b.version - a.version)
    if (newest !== undefined) return { service: newest, method: method === '' ? undefined : method }
  }
  throw notOfferedError(offered, dot < 1 ? [text] : [text.slice(0, dot), text], version)
}

/** Returns the error for a service that is not offered. It suggests the nearest names. */
export function notOfferedError(
  offered: readonly ServiceSummary[],
  [wanted = '', ...others]: readonly string[],
  version?: number,
): CliError {
  const names = [...new Set(offered.map(({ name }) => name))]
  const meant = [wanted, ...others].map((one) => nearest(one, names)).find((one) => one !== undefined)
  const hint =
    meant === undefined
      ? `it offers ${
          names
            .slice(0, 20)
            .map((one) => printable(one))
            .join(', ') || 'none'
        }`
      : `did you mean ${printable(meant)}?`
  const label = version === undefined ? printable(wanted) : `${printable(wanted)} v${version}`
  return new CliError(`the producer offers no service ${label}; ${hint}`, { usage: true, help: false })
}

/** Returns the description of an offered service, or `undefined` if it is not described. */
export function findService(
  description: Description | undefined,
  { name, version }: ServiceSummary,
): ServiceDescription | undefined {
  return description?.services.find((one) => one.name === name && one.version === version)
}

/** @throws CliError if a described service does not have the method */
export function findMethod(service: ServiceDescription, wireName: string): MethodDescription {
  const found = service.methods.find((one) => one.wireName === wireName)
  if (found !== undefined) return found
  const byCode = service.methods.find((one) => one.name === wireName)
  const meant =
    byCode?.wireName ??
    nearest(
      wireName,
      service.methods.map((one) => one.wireName),
    )
  const hint = meant === undefined ? `see aster describe` : `did you mean ${printable(meant)}?`
  throw new CliError(`service ${printable(service.name)} has no method ${printable(wireName)}; ${hint}`, {
    usage: true,
    help: false,
  })
}

export function parseVersion(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usageError('--service-version', 'expected a positive integer')
  return Number(text)
}
