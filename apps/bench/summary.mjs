// Summarizes the steps of all rounds.
import { spread } from './statistics.mjs'

/** The share of the machine beyond which the load of others disturbs a step. */
export const DISTURBED = 0.1

/**
 * @typedef {object} Cell one row of one system
 * @property {{ median: number, min: number, max: number }} [value]
 * @property {{ median: number, min: number, max: number }} [ratio] the ratio to the base of the same round
 * @property {string} [error] why there is no value
 * @property {number} [others] the greatest share of the machine that other processes used
 */

/**
 * Returns the cells of all rows that have any, by system. A ratio compares figures of the same round: a disturbance
 * of a round affects both sides of the ratio.
 *
 * @param {readonly { system: string, round: number, workload: string, figures?: Record<string, number>, error?: string, others?: number }[]} steps
 * @param {readonly import('./workloads.mjs').Row[]} rows
 * @param {string} base
 * @returns {{ row: import('./workloads.mjs').Row, cells: Record<string, Cell> }[]}
 */
export function summarize(steps, rows, base) {
  const systems = [...new Set(steps.map(({ system }) => system))]
  return rows.flatMap((row) => {
    const cells = {}
    for (const system of systems) {
      const own = steps.filter((step) => step.system === system && step.workload === row.workload)
      if (own.length === 0) continue
      const error = own.find((step) => step.error !== undefined && step.figures?.[row.key] === undefined)?.error
      cells[system] = {
        value: spread(own.map(({ figures }) => figures?.[row.key] ?? Number.NaN)),
        ratio: system === base ? undefined : ratioOf(steps, row.key, system, base),
        ...(error !== undefined && { error }),
        others: Math.max(...own.map(({ others }) => others ?? 0)),
      }
    }
    return Object.values(cells).some(({ value, error }) => value ?? error) ? [{ row, cells }] : []
  })
}

/** Returns the ratio of two systems in a row: the median over the rounds that have both, with its spread. */
export function ratioOf(steps, key, system, base) {
  const byRound = (name) =>
    new Map(
      steps
        .filter((step) => step.system === name && step.figures?.[key] !== undefined)
        .map((step) => [step.round, step.figures[key]]),
    )
  const bases = byRound(base)
  return spread([...byRound(system)].map(([round, value]) => value / (bases.get(round) ?? Number.NaN)))
}
