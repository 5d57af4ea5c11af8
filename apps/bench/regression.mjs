// Decides whether one version is slower than another.
import { ratioOf } from './summary.mjs'
import { formatNumber } from './table.mjs'

/**
 * Returns the slowdown of the second system in each row: 1.1 means slower by a tenth, whether more or less is better in that row.
 * A system counts as slower only if the slowdown exceeds the threshold and it was slower in every round.
 *
 * @param {Parameters<typeof ratioOf>[0]} steps
 * @param {readonly import('./workloads.mjs').Row[]} rows
 * @param {{ before: string, after: string, threshold: number }} options names of systems; `threshold`: 0.05 is 5 %
 */
export function compareVersions(steps, rows, { before, after, threshold }) {
  return rows.flatMap((row) => {
    const ratio = ratioOf(steps, row.key, after, before)
    if (ratio === undefined) return []
    const slowdown =
      row.better === 'less' ? ratio : { median: 1 / ratio.median, min: 1 / ratio.max, max: 1 / ratio.min }
    // The 99th percentile depends on chance, so it is shown but not judged.
    const isJudged = !row.key.endsWith('-p99')
    const verdict =
      slowdown.median > 1 + threshold && slowdown.min > 1
        ? 'slower'
        : slowdown.median < 1 / (1 + threshold) && slowdown.max < 1
          ? 'faster'
          : 'same'
    return [{ row, slowdown, verdict, isRegression: isJudged && verdict === 'slower' }]
  })
}

/** Returns the comparison as a table in Markdown. */
export function regressionTable(title, compared) {
  return [
    `| ${title} | after / before, time or cost | least…greatest | |`,
    '|---|--:|--:|---|',
    ...compared.map(({ row, slowdown, verdict, isRegression }) => {
      const { median, min, max } = slowdown
      const note = isRegression ? '**slower**' : verdict === 'same' ? '' : verdict
      return `| ${row.section}: ${row.title} | ${formatNumber(median)} | ${formatNumber(min)}…${formatNumber(max)} | ${note} |`
    }),
  ].join('\n')
}
