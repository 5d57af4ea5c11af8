import { AsterError, ConfigError } from '@aster/client'
import { type Command, CommanderError } from 'commander'
import { errorMessage } from '@aster/rpc-core/schema'
import { callFailure } from './call-failure.ts'
import { CliError } from './cli-error.ts'
import { type ExitCode, exitCodeFor, exitCodes } from './exit-code.ts'
import type { CliIo, CommandIo } from './io.ts'
import { escapeControls } from './output/escape.ts'
import { printError } from './output/print.ts'
import { OutputClosedError } from './remote/call-error.ts'
import { createProgram } from './program.ts'
import { usageMessage } from './usage-message.ts'

/**
 * Runs one command. Results go to `stdout`; an error is one line on `stderr`, and several mistakes in a configuration
 * are one line each. With `--json`, an error is one line of JSON. It never throws.
 *
 * @param argv without the program: `['keygen', 'root']`
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<ExitCode> {
  const commandIo: CommandIo = { ...io, json: asksForJson(argv) }
  const program = createProgram(commandIo)
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return exitCodes.ok
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok
    if (error instanceof OutputClosedError) return exitCodes.failed
    const failure = callFailure(error)
    if (failure !== undefined) {
      printError(commandIo, failure)
      return failure.code
    }
    const code = error instanceof CommanderError ? exitCodes.usage : exitCodeFor(error)
    const command = findCommand(program, argv)
    const messages = formatError(error, command, commandIo)
    if (messages.length > 0) printError(commandIo, { code, messages })
    return code
  }
}

/** Whether results and errors are to be JSON, also if the rest of the command line is wrong. */
export function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return argv.slice(0, end < 0 ? undefined : end).includes('--json')
}

/** Returns a line for each mistake. */
function formatError(error: unknown, { name, commands }: FoundCommand, { json }: CommandIo): string[] {
  const hint = `; see ${name} --help`
  if (error instanceof CommanderError) {
    if (error.code !== 'commander.help') return [`${usageMessage(error.message)}${hint}`]
    // Without a command, the help that is already written is the message.
    return json ? [`expected a command: ${commands.join(', ')}${hint}`] : []
  }
  if (error instanceof ConfigError) return error.issues.map(({ message }) => escapeControls(message))
  const message = escapeControls(errorMessage(error))
  if (error instanceof CliError)
    return [error.help ? `${message}${hint}` : message, ...error.lines.map((line) => escapeControls(line))]
  return [error instanceof AsterError ? message : `internal error: ${message}`]
}

interface FoundCommand {
  /** `aster keygen root` */
  readonly name: string
  /** The names of its own commands. */
  readonly commands: readonly string[]
}

/** The command that was meant, as far as its words are known. */
function findCommand(program: Command, argv: readonly string[]): FoundCommand {
  const words = [program.name()]
  let command = program
  for (const word of argv) {
    const next = command.commands.find((sub) => sub.name() === word)
    if (next === undefined) break
    command = next
    words.push(word)
  }
  return { name: words.join(' '), commands: command.commands.map((sub) => sub.name()) }
}
