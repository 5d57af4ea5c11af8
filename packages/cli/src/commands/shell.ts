import type { Readable, Writable } from 'node:stream'
import type { AsterClient } from '@aster/client'
import { type Command, Option } from 'commander'
import { CliError, usageError } from '../cli-error.ts'
import { addClientFlags, type ClientFlags } from '../client-options.ts'
import type { CommandIo } from '../io.ts'
import { connect } from '../remote/connect.ts'
import { addTypeFlags, findTypes, type TypeFlags } from '../remote/types.ts'
import { historyFile, readHistory, writeHistory } from '../shell/history.ts'
import { Shell } from '../shell/shell.ts'
import { Terminal } from '../shell/terminal.ts'

const EXAMPLES = `
Examples:
  aster shell aster1…
  aster shell --demo
  aster shell aster1… --types my_services < commands.txt`

interface Options extends ClientFlags, TypeFlags {
  readonly demo?: boolean
  readonly history: boolean
}

export function addShell(parent: Command, io: CommandIo): void {
  const command = parent
    .command('shell')
    .description('call methods line by line, with completion, sessions and conversations')
    .argument('[address]', 'the producer (default: ASTER_ENDPOINT_ADDR)')
  addClientFlags(addTypeFlags(command))
    .option('--demo', 'a producer in this process, without a network')
    .addOption(new Option('--json').hideHelp())
    .option('--no-history', 'neither read nor keep the lines of former shells')
    .addHelpText('after', EXAMPLES)
    .action((address: string | undefined, options: Options) => shell(io, address, options))
}

async function shell(io: CommandIo, address: string | undefined, options: Options): Promise<void> {
  if (io.json)
    throw usageError('--json', 'is not for the shell, whose answers are lines of JSON already; use aster call')
  if (options.demo === true && address !== undefined) throw usageError('--demo', 'expected no address beside it')
  if (options.demo !== true) {
    await using client = await connect(io, address, { flags: options })
    // `await` keeps the client open until the shell ends: the end of this block closes it.
    return await run(io, client, options)
  }
  const { openDemo } = await import('../shell/demo.ts')
  await using demo = await openDemo()
  await run(io, demo.client, options)
}

async function run(io: CommandIo, client: AsterClient, options: Options): Promise<void> {
  const { stdin, stdout } = io
  if (!isStream(stdin) || !isStream(stdout)) throw new CliError('a shell needs stdin and stdout')
  const description = await findTypes(io, client, { flags: options })
  const isKept = options.history && stdin.isTTY === true
  const file = isKept ? historyFile(io) : undefined
  let terminal: Terminal | undefined
  const shell = new Shell({
    io,
    client,
    description,
    terminal: (own) =>
      (terminal = new Terminal({
        input: stdin as unknown as Readable,
        output: stdout as unknown as Writable,
        history: readHistory(file),
        ...own,
      })),
  })
  try {
    await shell.run()
  } finally {
    writeHistory(file, terminal?.history ?? [])
    terminal?.[Symbol.dispose]()
  }
}

const isStream = <T>(value: T | undefined): value is T =>
  typeof (value as { on?: unknown } | undefined)?.on === 'function'
