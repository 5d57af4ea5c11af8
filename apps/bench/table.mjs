import { median } from './statistics.mjs'

/** The rows of the table, and whether more is better. */
const ROWS = {
  'unary p50, µs': false,
  'unary p99, µs': false,
  'calls/s, 1 in flight': true,
  'calls/s, 16 in flight': true,
  'calls/s, 64 in flight': true,
  'server stream, messages/s': true,
  'client stream, messages/s': true,
  'cold connect, ms': false,
  'warm connect, ms': false,
  'import, ms': false,
}

/**
 * Medians over the rounds. A ratio compares figures of the same round, and its median is shown: what disturbs a round
 * disturbs both sides of it.
 *
 * @param {Record<string, { figures: Record<string, number> }[]>} rounds system → its rounds
 * @param {string} base the system that the others are compared to
 */
export function summarize(rounds, base) {
  return Object.entries(ROWS).map(([row, moreIsBetter]) => {
    const cells = Object.fromEntries(
      Object.entries(rounds).map(([system, runs]) => {
        const value = median(runs.map(({ figures }) => figures[row]))
        const ratios = runs.map(({ figures }, round) => figures[row] / rounds[base]?.[round]?.figures[row])
        return [system, { value, ratio: system === base ? undefined : median(ratios) }]
      }),
    )
    return { row, moreIsBetter, cells }
  })
}

/** The summary as a markdown table. */
export function markdown(summary, base) {
  const systems = Object.keys(summary[0].cells)
  const others = systems.filter((system) => system !== base)
  const compared = systems.includes(base) ? others : []
  const lines = [
    ['', ...systems, ...compared.map((system) => `${system} / ${base}`), 'better is'],
    ['---', ...systems.map(() => '--:'), ...compared.map(() => '--:'), '---'],
    ...summary.map(({ row, moreIsBetter, cells }) => [
      row,
      ...systems.map((system) => number(cells[system].value)),
      ...compared.map((system) => number(cells[system].ratio)),
      moreIsBetter ? 'more' : 'less',
    ]),
  ]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function number(value) {
  if (value === undefined) return '–'
  if (value >= 1000) return Math.round(value).toLocaleString('en-US')
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
