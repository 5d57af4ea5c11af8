import { readFileSync } from 'node:fs'
import { Command, Help } from 'commander'
import { addCompletion } from './commands/completion.ts'
import { addConfigExplain } from './commands/config-explain.ts'
import { addBench } from './commands/bench.ts'
import { addCall } from './commands/call.ts'
import { addDescribe } from './commands/describe.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEnrollConsumer } from './commands/enroll-consumer.ts'
import { addGen } from './commands/gen.ts'
import { addIdentityShow } from './commands/identity-show.ts'
import { addKeygenNode } from './commands/keygen-node.ts'
import { addKeygenRoot } from './commands/keygen-root.ts'
import { addPing } from './commands/ping.ts'
import { addServices } from './commands/services.ts'
import { addShell } from './commands/shell.ts'
import { addTicket } from './commands/ticket.ts'
import type { CommandIo, Output } from './io.ts'

/** Returns the commands of the tool. They throw if they fail, and commander throws if the command line is wrong. */
export function createProgram(io: CommandIo): Command {
  const program = new Command('aster')
    .description('Keys, credentials, services and definitions of Aster.')
    .version(version(), '--version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // The help of a command without its sub-command is an error.
      writeErr: (text) => io.json || io.stderr.write(text),
      // Commander throws the error as well, and `runCli` writes it.
      outputError: () => undefined,
      getOutHelpWidth: () => widthOf(io.stdout, io),
      getErrHelpWidth: () => widthOf(io.stderr, io),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({
      // The width that a narrow terminal leaves beside the names of options.
      minWidthToWrap: 20,
      // The help of each command lists its options and arguments.
      subcommandTerm: (command) => command.name(),
      commandUsage(command) {
        const usage = Help.prototype.commandUsage.call(this, command)
        const indent = 'Usage: '.length
        const wrapped = Help.prototype.boxWrap.call(this, usage, (this.helpWidth ?? 80) - indent)
        return wrapped.replaceAll('\n', `\n${' '.repeat(indent)}`)
      },
      optionDescription(option) {
        const description = Help.prototype.optionDescription.call(this, option)
        return option.mandatory ? `${description} (required)` : description
      },
    })
  const keygen = program.command('keygen').description('make keys')
  addKeygenRoot(keygen, io)
  addKeygenNode(keygen, io)
  addEnrollConsumer(program.command('enroll').description('sign credentials'), io)
  addIdentityShow(program.command('identity').description('show identity and credential files'), io)
  addServices(program, io)
  addDescribe(program, io)
  addCall(program, io)
  addShell(program, io)
  addPing(program, io)
  addBench(program, io)
  addDoctor(program, io)
  addTicket(program, io)
  addGen(program, io)
  addConfigExplain(program.command('config').description('explain the configuration'), io)
  addCompletion(program, io)
  return program
}

/** Returns the width of the terminal in columns; 80 if the output is not a terminal. */
function widthOf({ columns }: Output, { env }: CommandIo): number {
  const set = /^[1-9]\d{1,3}$/.exec(env['COLUMNS'] ?? '')?.[0]
  return Math.max(columns ?? Number(set ?? 80), 40)
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return version
}
