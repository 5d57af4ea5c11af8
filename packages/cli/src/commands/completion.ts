import { type Command, Option } from 'commander'
import { quoted } from '@aster/rpc-core/schema'
import { CliError } from '../cli-error.ts'
import type { CommandIo } from '../io.ts'
import { print } from '../output/print.ts'

const EXAMPLES = `
Examples:
  source <(aster completion bash)
  aster completion zsh > ~/.zfunc/_aster
  aster completion fish > ~/.config/fish/completions/aster.fish`

const SHELLS = { bash, zsh, fish } as const

export function addCompletion(parent: Command, io: CommandIo): void {
  parent
    .command('completion')
    .description('print a script that completes commands and options in a shell')
    .argument('<shell>', 'bash, zsh or fish')
    .option('--json', 'print JSON: the script as a string')
    .addHelpText('after', EXAMPLES)
    .action((shell: string) => {
      if (!Object.hasOwn(SHELLS, shell))
        throw new CliError(`expected bash, zsh or fish, found ${quoted(shell)}`, { usage: true })
      const script = SHELLS[shell as keyof typeof SHELLS](listCommands(parent))
      if (io.json) print(io, { result: { shell, script }, format: () => script })
      else io.stdout.write(script)
    })
}

interface Entry {
  /** The words before the completed one: `keygen root`; empty for the program itself. */
  readonly path: string
  readonly description: string
  readonly commands: readonly { readonly name: string; readonly description: string }[]
  readonly options: readonly { readonly flag: string; readonly description: string; readonly takesFile: boolean }[]
}

function listCommands(command: Command, path: readonly string[] = []): readonly Entry[] {
  const options = [...command.options, new Option('--help', 'display help')].flatMap(
    ({ long, flags, description, hidden }) =>
      long === undefined || long === null || hidden
        ? []
        : [{ flag: long, description: plain(description), takesFile: /<(?:file|path|source)>/.test(flags) }],
  )
  const commands = command.commands.map((sub) => ({ name: sub.name(), description: plain(sub.description()) }))
  const own = { path: path.join(' '), description: plain(command.description()), commands, options }
  return [own, ...command.commands.flatMap((sub) => listCommands(sub, [...path, sub.name()]))]
}

/** Matches text that needs no escape in any of the shells. */
const plain = (text: string): string => text.replace(/[^\p{L}\p{N} ,.;=()/-]/gu, '').slice(0, 100)

function bash(entries: readonly Entry[]): string {
  const cases = entries.map(({ path, commands, options }) => {
    const words = [...commands.map(({ name }) => name), ...options.map(({ flag }) => flag)].join(' ')
    return `    "${path}") words="${words}" ;;`
  })
  const files = [
    ...new Set(entries.flatMap(({ options }) => options.filter(({ takesFile }) => takesFile).map(({ flag }) => flag))),
  ]
  const paths = entries.map(({ path }) => path).filter((path) => path !== '')
  return `# bash completion of aster
_aster() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path="" next word words=""
  COMPREPLY=()
  case "$prev" in
    ${files.join('|')}) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="\${path:+$path }$word"
    case "$next" in
      ${paths.map((path) => `"${path}"`).join('|')}) path="$next" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _aster aster
`
}

function zsh(entries: readonly Entry[]): string {
  const paths = entries.map(({ path }) => path).filter((path) => path !== '')
  const cases = entries.map(({ path, commands, options }) => {
    const all = [
      ...commands.map(({ name, description }) => `'${name}:${description}'`),
      ...options.map(({ flag, description }) => `'${flag}:${description}'`),
    ]
    return `    '${path}') found=(${all.join(' ')}) ;;`
  })
  return `#compdef aster
_aster() {
  local path_='' next word
  local -a found
  for word in "\${words[@]:1:$((CURRENT-2))}"; do
    next="\${path_:+$path_ }$word"
    case "$next" in
      ${paths.map((path) => `'${path}'`).join('|')}) path_="$next" ;;
    esac
  done
  case "$path_" in
${cases.join('\n')}
  esac
  _describe 'aster' found
  _files
}
compdef _aster aster
`
}

function fish(entries: readonly Entry[]): string {
  const lines = entries.flatMap(({ path, commands, options }) => {
    const words = path === '' ? [] : path.split(' ')
    const subs = commands.map(({ name }) => name).join(' ')
    const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`)
    const free = subs === '' ? [] : [`not __fish_seen_subcommand_from ${subs}`]
    const condition = [...seen, ...free].join('; and ')
    const when = condition === '' ? '' : ` -n '${condition}'`
    return [
      ...commands.map(({ name, description }) => `complete -c aster -f${when} -a ${name} -d '${description}'`),
      ...options.map(
        ({ flag, description, takesFile }) =>
          `complete -c aster${when} -l ${flag.slice(2)}${takesFile ? ' -r' : ''} -d '${description}'`,
      ),
    ]
  })
  return `# fish completion of aster\n${lines.join('\n')}\n`
}
