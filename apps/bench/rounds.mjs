// A whole run: interleaved rounds, each beginning with another system.
import { runSystem } from './round.mjs'
import { WORKLOADS } from './workloads.mjs'

/** Returns the systems of a round in their order, which is rotated so that each round begins with another system. */
export function rotated(systems, round) {
  const start = round % Math.max(1, systems.length)
  return [...systems.slice(start), ...systems.slice(0, start)]
}

/** Returns the workloads of a system in a round. */
export function workloadsOf(system, wanted, round) {
  return WORKLOADS.filter(
    ({ name, once }) =>
      wanted.includes(name) &&
      system.workloads.includes(name) &&
      (round === 0 || !(once || system.once?.includes(name))),
  )
}

/** Returns the number of steps of a run. */
export function countSteps(systems, { workloads, rounds }) {
  let steps = 0
  for (let round = 0; round < rounds; round++)
    for (const system of systems) steps += workloadsOf(system, workloads, round).length
  return steps
}

/**
 * Runs all rounds. Yields each step when it has ended.
 *
 * @param {readonly import('./systems.mjs').System[]} systems
 * @param {{ rounds: number, seconds: number, quick: boolean, workloads: readonly string[] }} options
 * @param {(text: string) => void} onStep
 */
export async function* runRounds(systems, { rounds, seconds, quick, workloads }, onStep = () => {}) {
  const scale = { ms: seconds * 1000, quick }
  for (let round = 0; round < rounds; round++)
    for (const system of rotated(systems, round)) {
      const own = workloadsOf(system, workloads, round)
      const tell = (workload) => onStep(`round ${round + 1} of ${rounds}, ${system.title}: ${workload}`)
      for await (const step of runSystem(system, own, { scale, onStep: tell }))
        yield { system: system.name, round, ...step }
    }
}
