import { type Command, Option } from 'commander'
import { addClientFlags } from '../client-options.ts'
import type { GenOptions } from '../gen/run-gen.ts'
import type { CommandIo } from '../io.ts'

const EXAMPLES = `
Examples:
  aster gen my_services:HelloService --out src/my-services.ts
  aster gen my_services --check --out src/my-services.ts
  aster gen aster1… HelloService --out src/hello.ts
  aster gen --lang python dist/my-services.js --out my_services.py`

export function addGen(parent: Command, io: CommandIo): void {
  const command = parent
    .command('gen')
    .description('write definitions in TypeScript for services of Python or of a running producer, or the reverse')
    .argument(
      '<source...>',
      'modules of Python (module:Class, module, file.py), a manifest or description (file.json, -), definitions (file.js, file.ts), or the address of a producer that describes itself and names of its services',
    )
    .option('--out <file>', 'the file to write (default: stdout)')
    .option('--check', 'write nothing; fail and list the changes if --out is not up to date with the source')
    .addOption(
      new Option('--lang <language>', 'the language to write; json is the description itself')
        .choices(['typescript', 'python', 'json'])
        .default('typescript'),
    )
    .addOption(
      new Option('--import <package>', 'what the TypeScript imports')
        .choices(['@aster/client', '@aster/rpc-core'])
        .default('@aster/client'),
    )
    .option('--python <path>', 'the Python that has aster-rpc (default: of the virtual environment, else python3)')
  addClientFlags(command)
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (sources: string[], options: GenOptions) => {
      // Imported here, so that other commands start faster.
      const { runGen } = await import('../gen/run-gen.ts')
      return runGen(io, sources, options)
    })
}
