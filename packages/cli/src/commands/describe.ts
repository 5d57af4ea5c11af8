import { selectServices } from '@aster/description'
import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { addClientFlags, type ClientFlags } from '../client-options.ts'
import type { CommandIo } from '../io.ts'
import { print } from '../output/print.ts'
import { addAddress, connect } from '../remote/connect.ts'
import { exampleOf } from '../remote/example.ts'
import { formatMethodPage, formatService, formatSummary, shellQuote } from '../remote/format-description.ts'
import { findMethod, findService, findTarget } from '../remote/target.ts'
import { addTypeFlags, findTypes, type TypeFlags } from '../remote/types.ts'

const EXAMPLES = `
Examples:
  aster describe aster1…
  aster describe aster1… HelloService.say_hello
  aster describe aster1… HelloService --types my_services:HelloService`

export function addDescribe(parent: Command, io: CommandIo): void {
  const command = addAddress(
    parent.command('describe').description('show services, methods, fields and an example request'),
  ).argument('[target]', 'Service or Service.method (default: all services)')
  addClientFlags(addTypeFlags(command))
    .option('--json', 'print JSON: the description')
    .addHelpText('after', EXAMPLES)
    .action((address: string, target: string | undefined, options: ClientFlags & TypeFlags) =>
      describe(io, { address, target }, options),
    )
}

async function describe(
  io: CommandIo,
  { address, target }: { readonly address: string; readonly target: string | undefined },
  flags: ClientFlags & TypeFlags,
): Promise<void> {
  await using client = await connect(io, address, { flags })
  const found = target === undefined ? undefined : findTarget(client.services, target)
  const wanted = found === undefined ? client.services : [found.service]
  const description = await findTypes(io, client, { flags, ...(found && { services: [found.service.name] }) })
  if (description === undefined || wanted.every((one) => findService(description, one) === undefined)) {
    const reason =
      description === undefined ? 'the producer does not tell its types' : '--types does not have this service'
    if (found?.method !== undefined) throw new CliError(`${reason}; pass --types`)
    print(io, {
      result: { services: wanted, types: null },
      format: (style) =>
        [
          ...wanted.map((one) => formatSummary(one, style)),
          '',
          style.dim(`${reason}; pass --types to see methods`),
        ].join('\n'),
    })
    return
  }
  const shown = selectServices(
    description,
    wanted.map(({ name }) => name),
  )
  const method = found?.method
  if (found !== undefined && method !== undefined) {
    const service = findService(shown, found.service)
    if (service === undefined) throw new CliError('--types does not have this service; name another source')
    const one = findMethod(service, method)
    const example = exampleOf(one.request, shown)
    print(io, {
      result: {
        service: service.name,
        version: service.version,
        scope: service.scope,
        method: one,
        types: shown.types,
        example,
      },
      format: (style) =>
        formatMethodPage(
          { service, method: one, description: shown, command: `aster call ${shellQuote(address)}` },
          style,
        ),
    })
    return
  }
  print(io, {
    result: shown,
    format: (style) =>
      wanted
        .map((summary) => {
          const service = findService(shown, summary)
          return service === undefined ? formatSummary(summary, style) : formatService(service, summary, style)
        })
        .join('\n\n'),
  })
}
