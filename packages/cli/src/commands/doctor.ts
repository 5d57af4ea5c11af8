import { AsterConfig, ConfigError } from '@aster/config'
import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { addClientFlags, type ClientFlags, withClientOptions } from '../client-options.ts'
import type { Finding, World } from '../doctor/finding.ts'
import { lookAtCredential, lookAtIdentityFile, lookAtNode, lookAtVariables } from '../doctor/look-around.ts'
import { lookAtNetwork } from '../doctor/look-at-network.ts'
import { lookAtProducer } from '../doctor/look-at-producer.ts'
import type { CommandIo } from '../io.ts'
import { columns } from '../output/columns.ts'
import { escapeControls } from '../output/escape.ts'
import { print } from '../output/print.ts'
import type { Style } from '../output/style.ts'
import { connect } from '../remote/connect.ts'
import { Interrupt } from '../remote/interrupt.ts'

const EXAMPLES = `
Examples:
  aster doctor
  aster doctor aster1… --identity .aster-identity`

export function addDoctor(parent: Command, io: CommandIo): void {
  const command = parent
    .command('doctor')
    .description('find the reasons why a client cannot reach its producer, with remedies')
    .argument('[address]', 'the producer (default: ASTER_ENDPOINT_ADDR, else none is dialled)')
  addClientFlags(command)
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (address: string | undefined, flags: ClientFlags) => {
      const { world } = await import('../doctor/world.ts')
      await doctor(io, { address, flags, world: io.world ?? world })
    })
}

interface Visit {
  readonly address: string | undefined
  readonly flags: ClientFlags
  readonly world: World
}

async function doctor(io: CommandIo, visit: Visit): Promise<void> {
  using interrupt = new Interrupt(io)
  const findings = await diagnose(io, visit, interrupt.signal)
  const bad = findings.filter(({ state }) => state === 'bad').length
  print(io, {
    result: { healthy: bad === 0, findings },
    format: (style) => formatFindings(findings, style),
  })
  if (bad > 0) throw new CliError(`${bad === 1 ? '1 thing stands' : `${bad} things stand`} in the way`)
}

async function diagnose(
  io: CommandIo,
  { address, flags, world }: Visit,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [lookAtNode(world), ...lookAtVariables(io), lookAtIdentityFile(io, flags.identity)]
  let settings: ReturnType<typeof AsterConfig.forConsumer>
  try {
    settings = withClientOptions(io, { flags, address }, (options) => AsterConfig.forConsumer(options))
  } catch (error) {
    if (error instanceof ConfigError) {
      const remedy = 'correct it there; aster config explain lists every setting and its source'
      findings.push(
        ...error.issues.map(
          ({ message }) => ({ name: 'configuration', state: 'bad', found: message, remedy }) as const,
        ),
      )
    } else if (error instanceof CliError) {
      findings.push({ name: 'configuration', state: 'bad', found: error.message, remedy: 'correct the command line' })
    } else throw error
    return [...findings, skipped('network'), skipped('producer')]
  }
  const { config, addresses, warnings } = settings
  findings.push({ name: 'configuration', state: 'ok', found: 'well-formed' })
  findings.push(...warnings.map((found) => ({ name: 'configuration', state: 'odd', found }) as const))
  findings.push(...lookAtCredential(settings, io))
  const network = await lookAtNetwork(io, config, { addresses, world })
  findings.push(...network.findings)
  if (addresses.length === 0)
    return [
      ...findings,
      { name: 'producer', state: 'skipped', found: 'no address was given, and ASTER_ENDPOINT_ADDR is not set' },
    ]
  if (network.endpointId === undefined) return [...findings, skipped('producer')]
  return [...findings, ...(await lookAtProducer(() => connect(io, address, { flags, signal }), signal))]
}

const skipped = (name: string): Finding => ({
  name,
  state: 'skipped',
  found: 'not checked, because of the findings above',
})

function formatFindings(findings: readonly Finding[], style: Style): string {
  const marks = { ok: style.good('ok'), odd: style.bold('odd'), bad: style.bad('bad'), skipped: style.dim('-') }
  return columns(
    findings.flatMap(({ name, state, found, remedy }) => [
      [marks[state], name, escapeControls(found)],
      ...(remedy === undefined ? [] : [['', '', `→ ${escapeControls(remedy)}`]]),
    ]),
  )
}
