import { AsterError, ConfigError } from '@aster/client'
import { type Command, CommanderError } from 'commander'
import { errorMessage } from '@aster/rpc-core/schema'
import { CliError } from './cli-error.ts'
import { type ExitCode, exitCodeFor, exitCodes } from './exit-code.ts'
import type { CliIo } from './io.ts'
import { escapeControls } from './output/escape.ts'
import { styleFor } from './output/style.ts'
import { createProgram } from './program.ts'
import { usageMessage } from './usage-message.ts'

/**
 * Runs one command. Results go to `stdout`; an error is one line on `stderr`, and several mistakes in a configuration
 * are one line each. It never throws.
 *
 * @param argv without the program: `['keygen', 'root']`
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<ExitCode> {
  const program = createProgram(io)
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return exitCodes.ok
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok
    const style = styleFor(io.stderr, io.env)
    for (const message of formatError(error, findCommand(program, argv)))
      io.stderr.write(`${style.bad('aster:')} ${message}\n`)
    return error instanceof CommanderError ? exitCodes.usage : exitCodeFor(error)
  }
}

/** Returns a line for each mistake. */
function formatError(error: unknown, command: string): string[] {
  if (error instanceof CommanderError) {
    // Without a command, the help that is already written is the message.
    return error.code === 'commander.help' ? [] : [`${usageMessage(error.message)}; see ${command} --help`]
  }
  if (error instanceof ConfigError) return error.issues.map(({ message }) => escapeControls(message))
  const message = escapeControls(errorMessage(error))
  if (error instanceof CliError) return [error.usage ? `${message}; see ${command} --help` : message]
  return [error instanceof AsterError ? message : `internal error: ${message}`]
}

/** The command that was meant, as far as its words are known: `aster keygen root`. */
function findCommand(program: Command, argv: readonly string[]): string {
  const words = [program.name()]
  let command: Command | undefined = program
  for (const word of argv) {
    command = command.commands.find((sub) => sub.name() === word)
    if (command === undefined) break
    words.push(word)
  }
  return words.join(' ')
}
