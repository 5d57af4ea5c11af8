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
 * are one line each. With `--json`, an error is one line of JSON. Resolves with the exit code and never rejects.
 *
 * @param argv the words of the command line without the program: `['keygen', 'root']`
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

/** Whether `--json` is given, also if the rest of the command line is wrong. */
export function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return argv.slice(0, end < 0 ? undefined : end).includes('--json')
}

/** Returns the message of an error, one line for each mistake. */
function formatError(error: unknown, { name, commands }: FoundCommand, { json }: CommandIo): string[] {
  const hint = `; see ${name} --help`
  if (error instanceof CommanderError) {
    if (error.code !== 'commander.help') return [`${usageMessage(error.message)}${hint}`]
    // If no command was given, commander has written the help already, and it is the message.
    return json ? [`expected a command: ${commands.join(', ')}${hint}`] : []
  }
  if (error instanceof ConfigError) return error.issues.map(({ message }) => escapeControls(message))
  const message = escapeControls(errorMessage(error))
  if (error instanceof CliError)
    return [error.help ? `${message}${hint}` : message, ...error.lines.map((line) => escapeControls(line))]
  return [error instanceof AsterError ? message : `internal error: ${message}`]
}

interface FoundCommand {
  /** The words of the command: `aster keygen root`. */
  readonly name: string
  /** The names of its sub-commands. */
  readonly commands: readonly string[]
}

/** Returns the command that the first words name, as far as they are known. */
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
