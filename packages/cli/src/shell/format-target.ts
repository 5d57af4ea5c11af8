import type { Description, ServiceSummary } from '@aster/client'
import { selectServices } from '@aster/description'
import type { Style } from '../output/style.ts'
import { formatMethodPage, formatService, formatSummary } from '../remote/format-description.ts'
import { findMethod, findService, type Target } from '../remote/target.ts'

interface Described {
  readonly services: readonly ServiceSummary[]
  readonly description: Description | undefined
  /** The service or method to describe. @default all services */
  readonly found: Target | undefined
}

/** Formats the output of `describe` in a shell. */
export function formatTarget({ services, description, found }: Described, style: Style): string {
  const service = found && findService(description, found.service)
  if (description !== undefined && service !== undefined && found?.method !== undefined) {
    const shown = selectServices(description, [service.name])
    const method = findMethod(service, found.method)
    return formatMethodPage({ service, method, description: shown, command: '' }, style)
  }
  const wanted = found === undefined ? services : [found.service]
  const parts = wanted.map((summary) => {
    const one = findService(description, summary)
    return one === undefined ? formatSummary(summary, style) : formatService(one, summary, style)
  })
  if (description === undefined) parts.push(style.dim('the producer does not tell its types; start with --types'))
  return parts.join('\n\n')
}
