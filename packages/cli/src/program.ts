import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addConfigExplain } from './commands/config-explain.ts'
import { addEnrollConsumer } from './commands/enroll-consumer.ts'
import { addIdentityShow } from './commands/identity-show.ts'
import { addKeygenNode } from './commands/keygen-node.ts'
import { addKeygenRoot } from './commands/keygen-root.ts'
import { addServices } from './commands/services.ts'
import type { CliIo } from './io.ts'

/** The commands of the tool. They throw what goes wrong, and commander throws for a wrong command line. */
export function createProgram(io: CliIo): Command {
  const program = new Command('aster')
    .description('Keys, credentials and services of Aster.')
    .version(version(), '--version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // The error is thrown as well, and written where all errors are.
      outputError: () => undefined,
      getOutHelpWidth: () => io.stdout.columns ?? 120,
      getErrHelpWidth: () => io.stderr.columns ?? 120,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
  const keygen = program.command('keygen').description('make keys')
  addKeygenRoot(keygen, io)
  addKeygenNode(keygen, io)
  addEnrollConsumer(program.command('enroll').description('sign credentials'), io)
  addIdentityShow(program.command('identity').description('look at identity and credential files'), io)
  addServices(program, io)
  addConfigExplain(program.command('config').description('look at the configuration'), io)
  return program
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return version
}
