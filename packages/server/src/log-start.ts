import type { ServiceSummary } from '@aster/admission'
import type { Logger } from '@aster/rpc-core'

/** The properties of a server that its first log line contains. */
interface StartedServer {
  readonly endpointId: string
  readonly services: readonly ServiceSummary[]
  readonly relayUrl: string | undefined
}

/** Logs that a server has started. A server without problems logs nothing else at this level. */
export function logStart(logger: Logger | undefined, { endpointId, services, relayUrl }: StartedServer): void {
  const names = services.map(({ name, version }) => `${name} v${version}`)
  logger?.info({ endpointId, services: names, relayUrl }, 'the server has started')
}
