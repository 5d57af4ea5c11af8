import { formatIrohTicket, formatNodeAddr, formatTicket, IdentityError, parseAddress } from '@aster/identity'
import type { NodeAddr } from '@aster/rpc-core'
import type { Command } from 'commander'
import { CliError, usageError } from '../cli-error.ts'
import type { CommandIo } from '../io.ts'
import { facts } from '../output/columns.ts'
import { formatCell, maskKeys } from '../output/escape.ts'
import { print } from '../output/print.ts'

const DECODE_EXAMPLES = `
Examples:
  aster ticket decode aster1…
  aster ticket decode endpoint… --json`

const ENCODE_EXAMPLES = `
Examples:
  aster ticket encode 3b6a…29 --addr 192.0.2.1:7001
  aster ticket encode 3b6a…29 --relay https://relay.example --form endpoint`

export function addTicket(parent: Command, io: CommandIo): void {
  const ticket = parent.command('ticket').description('read and write addresses')
  ticket
    .command('decode')
    .description('show the parts of an address, and the address in every form')
    .argument('<address>', 'a ticket (aster1… or endpoint…), an endpoint id or a base64 NodeAddr')
    .option('--json', 'print JSON')
    .addHelpText('after', DECODE_EXAMPLES)
    .action((address: string) => decode(io, address))
  ticket
    .command('encode')
    .description('make an address from an endpoint id, its IP addresses and its relay')
    .argument('<id>', 'the endpoint id, 64 hex digits, or an address to add to')
    .option('--addr <ip:port>', 'a direct address; may be repeated', collect, [])
    .option('--relay <url>', 'the relay')
    .option('--form <form>', 'print only this form: aster, endpoint or nodeaddr')
    .option('--json', 'print JSON')
    .addHelpText('after', ENCODE_EXAMPLES)
    .action((id: string, options: EncodeOptions) => encode(io, id, options))
}

interface EncodeOptions {
  readonly addr: readonly string[]
  readonly relay?: string
  readonly form?: string
}

function decode(io: CommandIo, text: string): void {
  const { form, ...address } = parse('address', text)
  printAddress(io, address, form)
}

function encode(io: CommandIo, id: string, { addr, relay, form }: EncodeOptions): void {
  const { endpointId, relayUrl, addresses } = parse('id', id)
  // The address is parsed again, which checks every part.
  const parts = { endpointId, relayUrl: relay ?? relayUrl, addresses: [...addresses, ...addr] }
  const made = identityOr('--addr, --relay', () => parseAddress(formatNodeAddr(parts as NodeAddr)))
  if (form === undefined) return printAddress(io, made, undefined)
  const forms = formsOf(made)
  if (!Object.hasOwn(forms, form)) throw usageError('--form', 'expected aster, endpoint or nodeaddr')
  const one = forms[form as keyof Forms]
  if (one === null)
    throw new CliError(`--form ${form}: this address has no such form: it has room for 12 to 15 addresses`)
  print(io, { result: { [form]: one }, format: () => one })
}

interface Forms {
  /** The ticket; null if it has no room for the addresses. */
  readonly aster: string | null
  readonly endpoint: string
  readonly nodeaddr: string
}

function formsOf(address: NodeAddr): Forms {
  return { aster: tryTicket(address), endpoint: formatIrohTicket(address), nodeaddr: formatNodeAddr(address) }
}

function tryTicket({ endpointId, addresses }: NodeAddr): string | null {
  try {
    return formatTicket({ endpointId, addresses })
  } catch (error) {
    if (error instanceof IdentityError) return null
    throw error
  }
}

function printAddress(io: CommandIo, address: NodeAddr, form: string | undefined): void {
  const { endpointId, relayUrl, addresses } = address
  const forms = formsOf(address)
  const lost = relayUrl === undefined ? '' : '  without the relay'
  print(io, {
    result: { form: form ?? null, endpointId, relayUrl: relayUrl ?? null, addresses, forms },
    format: (style) =>
      facts(style, [
        ['form', form],
        ['endpoint id', endpointId],
        ['relay', relayUrl === undefined ? 'none' : formatCell(relayUrl)],
        ...(addresses.length === 0 ? [['addresses', 'none: found by discovery alone'] as const] : []),
        ...addresses.map((one, i) => [i === 0 ? 'addresses' : '', one] as const),
        ['', undefined],
        ['aster', forms.aster === null ? style.dim('no room for these addresses') : `${forms.aster}${style.dim(lost)}`],
        ['endpoint', forms.endpoint],
        ['nodeaddr', forms.nodeaddr],
      ]),
  })
}

function parse(option: string, text: string): NodeAddr & { readonly form: string } {
  return identityOr(option, () => ({ ...parseAddress(text), form: formOf(text.trim()) }))
}

/** Runs a function; its error names the option. */
function identityOr<T>(option: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    throw new CliError(`${option}: ${maskKeys(error.message)}`, { usage: true, help: false })
  }
}

function formOf(text: string): string {
  if (text.startsWith('aster1')) return 'ticket of Aster'
  if (text.startsWith('endpoint')) return 'ticket of iroh'
  return /^[0-9a-f]{64}$/i.test(text) ? 'endpoint id' : 'NodeAddr'
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}
