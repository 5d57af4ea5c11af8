// The goals of the project, and the judgement of a run by them.
import { ratioOf } from './summary.mjs'
import { median } from './statistics.mjs'
import { formatNumber } from './table.mjs'
import { BASE } from './systems.mjs'
import { ROWS } from './workloads.mjs'

const NATIVE = 'native-xlang'
const NUMBER0 = 'number0-xlang'
const NATIVE_PYTHON = 'native-python'
const NUMBER0_PYTHON = 'number0-python'

/**
 * @typedef {object} Goal
 * @property {string} set
 * @property {string} key of a row
 * @property {string} system
 * @property {string} [to] the system to compare with; without it the value itself counts
 * @property {number} bound
 * @property {'least' | 'most'} kind
 */

const times = (set, system, to, bounds) =>
  Object.entries(bounds).map(([key, bound]) => ({ set, system, to, key, bound, kind: boundKind(key) }))
const values = (set, system, bounds) => times(set, system, undefined, bounds)
const boundKind = (key) => (rowOf(key).better === 'more' ? 'least' : 'most')
const rowOf = (key) => ROWS.find((row) => row.key === key)

const CORE = 'native core'
const FAST = 'fast, native'
const FAST_NUMBER0 = 'fast, @number0/iroh'
const PYTHON = "against Python's client"

const PYTHON_KEYS = [
  'cold',
  'warm',
  'unary-1-p50',
  'unary-1-p99',
  'unary-1',
  'unary-64',
  'server-stream',
  'client-stream',
  'bidi',
  'echo-1k',
  'echo-64k',
  'echo-1m',
  'upload',
]
/** The rows that `@number0/iroh` can reach: those without incompressible bytes, which the binding passes as arrays of numbers. */
const PYTHON_KEYS_NUMBER0 = PYTHON_KEYS.filter((key) => !/^(echo-64k|echo-1m|upload)$/.test(key))
const faster = (keys) => Object.fromEntries(keys.map((key) => [key, 1]))

/** @type {readonly Goal[]} */
export const GOALS = [
  ...times(CORE, NATIVE, BASE, {
    'unary-1-p50': 0.5,
    'unary-16': 4,
    'unary-64': 4.5,
    'unary-256': 5.5,
    'server-stream': 2,
    'client-stream': 2.5,
    'echo-64k': 0.5,
    'echo-1m': 0.55,
    upload: 0.7,
    cold: 1.15,
  }),
  ...values(CORE, NATIVE, { 'upload-peak-client': 200, 'upload-peak-server': 200 }),
  ...times(CORE, 'raw-native', BASE, { 'unary-64': 12, 'echo-64k': 1.8, 'echo-1m': 1.8 }),
  ...times(FAST, NATIVE, BASE, {
    'unary-1-p50': 0.45,
    'unary-1-p99': 0.6,
    'unary-1': 1.7,
    'unary-16': 4.5,
    'unary-64': 6,
    'unary-256': 7,
    'server-stream': 2.5,
    'client-stream': 3,
  }),
  ...times(FAST, NATIVE, 'raw-native', { bidi: 0.9 }),
  ...times(FAST, 'native-limits', NATIVE, { 'unary-64': 0.97 }),
  ...times(FAST, NATIVE, BASE, {
    'echo-64k': 1.3,
    'echo-1m': 1.3,
    'echo-8m': 1,
    upload: 1.5,
    cold: 0.9,
    warm: 1,
    'rss-client': 1.1,
    'rss-server': 1.1,
  }),
  ...values(FAST, NATIVE, {
    'upload-peak-client': 150,
    'upload-peak-server': 150,
    'unary-64-cpu-client': 15,
    'unary-64-cpu-server': 18,
  }),
  ...times(FAST_NUMBER0, NUMBER0, BASE, {
    'unary-1-p50': 0.75,
    'unary-1-p99': 0.8,
    'unary-1': 1,
    'unary-16': 1.3,
    'unary-64': 1.3,
    'unary-256': 1.2,
    'server-stream': 1.1,
    'client-stream': 1.4,
  }),
  ...times(FAST_NUMBER0, NUMBER0, 'raw-number0', { bidi: 0.9 }),
  // At least the earlier 0.34, and five times the earlier ratios of incompressible echoes: 0.08, 0.06 and 0.06.
  ...times(FAST_NUMBER0, NUMBER0, BASE, { bidi: 0.34 }),
  ...[
    ['echo-64k', 0.4],
    ['echo-1m', 0.3],
    ['echo-8m', 0.3],
  ].map(([baseKey, bound]) => ({
    set: FAST_NUMBER0,
    system: NUMBER0,
    to: BASE,
    key: `${baseKey}-compressible`,
    baseKey,
    bound,
    kind: 'least',
  })),
  ...values(FAST_NUMBER0, NUMBER0, { 'upload-peak-client': 150, 'upload-peak-server': 150 }),
  ...times(FAST_NUMBER0, NUMBER0, BASE, { cold: 1.6, warm: 1.5, 'rss-client': 1, 'rss-server': 1 }),
  ...times(`${PYTHON}, native`, NATIVE_PYTHON, 'python', faster(PYTHON_KEYS)),
  ...times(`${PYTHON}, @number0/iroh`, NUMBER0_PYTHON, 'python', faster(PYTHON_KEYS_NUMBER0)),
]

/**
 * Returns each goal with its measured value. `factor` is 1 if the goal is just met, and greater if it is exceeded.
 *
 * @param {Parameters<typeof ratioOf>[0]} steps
 * @param {readonly Goal[]} goals
 */
export function judge(steps, goals = GOALS) {
  return goals.map((goal) => {
    const { key, system, to, bound, kind, baseKey = key } = goal
    const found =
      to === undefined
        ? median(steps.filter((step) => step.system === system).map(({ figures }) => figures?.[key] ?? Number.NaN))
        : baseKey === key
          ? ratioOf(steps, key, system, to)?.median
          : ratioOf(renamed(steps, to, baseKey, key), key, system, to)?.median
    if (found === undefined) return { goal, isMet: undefined }
    const factor = kind === 'least' ? found / bound : bound / found
    return { goal, found, factor, isMet: factor >= 1 }
  })
}

/** Returns the steps with the figures of a system under another key. */
function renamed(steps, system, from, to) {
  return steps.map((step) =>
    step.system === system && step.figures?.[from] !== undefined
      ? { ...step, figures: { ...step.figures, [to]: step.figures[from] } }
      : step,
  )
}

/** Returns the goals as a table in Markdown. */
export function goalsTable(judged) {
  const out = ['| goals | system | row | goal | measured | |', '|---|---|---|--:|--:|---|']
  for (const { goal, found, factor, isMet } of judged) {
    const { set, system, to, key, bound, kind } = goal
    const row = rowOf(key)
    const unit = to === undefined ? ` ${row.unit}` : '×'
    const compared = to === undefined || to === BASE ? system : `${system} / ${to}`
    const verdict =
      isMet === undefined
        ? 'not measured'
        : isMet
          ? `met (by ${formatNumber(factor)}×)`
          : `**missed** (short by ${formatNumber(1 / factor)}×)`
    const title = /^(p50|p99|throughput|CPU)/.test(row.title) ? `${row.section}: ${row.title}` : row.title
    out.push(
      `| ${set} | ${compared} | ${title} | ${kind === 'least' ? '≥' : '≤'} ${bound}${unit} | ${formatNumber(found)}${found === undefined ? '' : unit} | ${verdict} |`,
    )
  }
  const counts = judged.filter(({ isMet }) => isMet !== undefined)
  out.push('', `${counts.filter(({ isMet }) => isMet).length} of ${counts.length} measured goals are met.`)
  return out.join('\n')
}
