// Arguments of the programs of this folder, and the end of a program whose arguments are wrong.
import { parseArgs } from 'node:util'

/** An error in the arguments, described by its message. */
export class UsageError extends Error {}

/** Runs a program with the arguments of the process. If they are wrong, prints why, and the exit code is 2. */
export async function runProgram(name, main) {
  process.exitCode = await main(process.argv.slice(2)).catch((error) => {
    if (!(error instanceof UsageError)) throw error
    console.error(`${name}: ${error.message}\nTry --help.`)
    return 2
  })
}

/**
 * Parses arguments as `parseArgs` does.
 *
 * @throws {UsageError} if an option is unknown or has no value
 */
export function parseArguments(config) {
  try {
    return parseArgs(config)
  } catch ({ message }) {
    throw new UsageError(message)
  }
}

/**
 * Returns the known names that a list selects, in their own order. A name with `*` at its end selects all that begin so.
 *
 * @throws {UsageError} if a name is not known
 */
export function selectNames(option, text, known) {
  const wanted = new Set()
  for (const one of text.split(',').map((part) => part.trim())) {
    const found = one.endsWith('*')
      ? known.filter((name) => name.startsWith(one.slice(0, -1)))
      : known.filter((name) => name === one)
    if (found.length === 0)
      throw new UsageError(`--${option}: '${one}' is not known; expected among ${known.join(', ')}`)
    for (const name of found) wanted.add(name)
  }
  return known.filter((name) => wanted.has(name))
}
