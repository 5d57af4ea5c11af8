// The arguments of `pnpm bench`, checked.
import { SYSTEMS } from './systems.mjs'
import { parseArguments, selectNames, UsageError } from './usage.mjs'
import { WORKLOADS } from './workloads.mjs'

const NAMES = {
  systems: SYSTEMS.map(({ name }) => name),
  workloads: WORKLOADS.map(({ name }) => name),
}

export const USAGE = `Usage: pnpm bench [options]

Measures Aster, grpc-js and others in one run: interleaved rounds, client and server as two processes on loopback.
Prints a table of medians, and writes results.json in apps/bench. The exit code is 1 if a step failed.

  --quick              one round of short steps, under a minute: shows that it works, not how fast it is
  --check              each system answers each workload once; no table
  --rounds N           rounds, 1 to 50 (default 3)
  --seconds S          how long a step measures, 0.05 to 60 (default 0.8)
  --systems A,B        only these (grpc is what the others are compared to)
  --workloads A,B      only these; a name with * at its end means all that begin so
  --out FILE           where the results go (default apps/bench/results.json)

Of the last results, without a run, if it is the only thing asked for:
  --goals              a table of the goals, met or missed (after a run: of that run)
  --charts             writes charts/*.svg
  --write              writes the charts, docs/performance.md and the section of README.md
  --from FILE          the results to use (default: those of --out)

  --help               this text

Systems: ${NAMES.systems.join(', ')}
Workloads: ${NAMES.workloads.join(', ')}

Environment: ASTER_PYTHON names a Python with aster-rpc, for the systems with Python in their name.`

/**
 * @param {readonly string[]} args
 * @throws {UsageError} if an option is unknown, or its value is not allowed
 */
export function parseOptions(args) {
  const { values } = parse(args)
  const { quick = false, check = false } = values
  const reports = values.goals || values.charts || values.write
  const runs = quick || check || values.rounds || values.seconds || values.systems || values.workloads
  return {
    help: values.help ?? false,
    quick: quick || check,
    check,
    rounds: number('rounds', values.rounds ?? (quick || check ? '1' : '3'), { min: 1, max: 50, integer: true }),
    seconds: number('seconds', values.seconds ?? (check ? '0.05' : quick ? '0.1' : '0.8'), { min: 0.05, max: 60 }),
    systems: names('systems', values.systems),
    workloads: names('workloads', values.workloads),
    out: values.out,
    from: values.from,
    goals: values.goals ?? false,
    charts: (values.charts || values.write) ?? false,
    write: values.write ?? false,
    /** Whether workloads are run, instead of only showing the last results. */
    measures: !reports || Boolean(runs && !values.from),
  }
}

function parse(args) {
  const flag = { type: 'boolean' }
  const value = { type: 'string' }
  return parseArguments({
    args: [...args],
    options: {
      help: flag,
      quick: flag,
      check: flag,
      goals: flag,
      charts: flag,
      write: flag,
      rounds: value,
      seconds: value,
      systems: value,
      workloads: value,
      out: value,
      from: value,
    },
  })
}

function number(name, text, { min, max, integer = false }) {
  const found = Number(text)
  if (text.trim() === '' || !(found >= min && found <= max) || (integer && !Number.isInteger(found)))
    throw new UsageError(
      `--${name}: expected ${integer ? 'an integer' : 'a number'} from ${min} to ${max}, found '${text}'`,
    )
  return found
}

/** Returns the names of an option that a list selects; all of them without a list. */
const names = (option, text) => (text === undefined ? NAMES[option] : selectNames(option, text, NAMES[option]))
