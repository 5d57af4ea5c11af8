// Draws bar charts in SVG, without a library, that are readable in light and in dark mode on the background of the page.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatNumber } from './table.mjs'

const WIDTH = 760
const LABEL = 260
const VALUE = 150
const BAR = 18
const GAP = 8
const TOP = 54
const STYLE = `text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600;font-size:15px}.note{fill:#59636e;font-size:12px}
.bar{fill:#8c959f}.own{fill:#0969da}.limit{fill:none;stroke:#8c959f;stroke-dasharray:3 2}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.note{fill:#9198a1}.bar{fill:#6e7681}.own{fill:#4493f8}.limit{stroke:#6e7681}}`

const CHARTS = [
  { file: 'unary-p50', key: 'unary-1-p50', title: 'Time of a unary call, one at a time (median)' },
  { file: 'unary-64', key: 'unary-64', title: 'Unary calls, 64 in flight' },
  { file: 'server-stream', key: 'server-stream', title: 'Server stream' },
  { file: 'client-stream', key: 'client-stream', title: 'Client stream' },
  { file: 'bidi', key: 'bidi', title: 'Ping-pong on a bidi stream' },
  { file: 'echo-64k', key: 'echo-64k', title: 'Echo of 64 KiB, incompressible' },
  { file: 'echo-1m', key: 'echo-1m', title: 'Echo of 1 MiB, incompressible' },
  { file: 'upload', key: 'upload', title: 'Upload of 256 MiB in messages of 64 KiB' },
  { file: 'cold', key: 'cold', title: 'First connection and call of a process' },
  { file: 'warm', key: 'warm', title: 'Another connection and call' },
  { file: 'scaling', key: 'scaling-1000', title: 'Calls of 1,000 clients, one in flight on each' },
]

/**
 * Returns the charts of a summary, by the names of their files. Charts without values are left out.
 *
 * @param {ReturnType<typeof import('./summary.mjs').summarize>} summary
 * @param {readonly { name: string, title: string }[]} systems
 */
export function drawCharts(summary, systems) {
  const charts = new Map()
  for (const { file, key, title } of CHARTS) {
    const { row, cells } = summary.find((one) => one.row.key === key) ?? {}
    const bars = systems.flatMap(({ name, title: label }) =>
      cells?.[name]?.value === undefined
        ? []
        : [{ label, ...cells[name].value, ratio: cells[name].ratio?.median, kind: kindOf(name) }],
    )
    if (bars.length > 0) charts.set(`${file}.svg`, drawBars({ title, note: noteOf(row), bars }))
  }
  return charts
}

const kindOf = (name) => (name.startsWith('raw-') ? 'limit' : /^(native|number0)-/.test(name) ? 'own' : 'bar')
const noteOf = ({ unit, better }) => `${unit}, ${better} is better; the line is the spread of the rounds`

/**
 * @param {{ title: string, note: string, bars: readonly { label: string, median: number, min: number, max: number, ratio?: number, kind?: string }[] }} chart
 */
export function drawBars({ title, note, bars }) {
  const most = Math.max(...bars.map(({ max }) => max), Number.MIN_VALUE)
  const room = WIDTH - LABEL - VALUE
  const height = TOP + bars.length * (BAR + GAP) + GAP
  const x = (value) => round(LABEL + (value / most) * room)
  const rows = bars.map(({ label, median, min, max, ratio, kind = 'bar' }, index) => {
    const y = TOP + index * (BAR + GAP)
    const middle = y + BAR / 2
    const text = `${formatNumber(median)}${ratio === undefined ? '' : ` (${formatNumber(ratio)}×)`}`
    return [
      `<text x="${LABEL - 8}" y="${y + 14}" text-anchor="end">${escapeXml(label)}</text>`,
      `<rect class="${kind}" x="${LABEL}" y="${y}" width="${round(x(median) - LABEL)}" height="${BAR}" rx="2"/>`,
      min === max ? '' : `<path d="M${x(min)} ${middle}H${x(max)}" stroke="#bf3989" stroke-width="2"/>`,
      `<text x="${round(Math.max(x(median), x(max)) + 6)}" y="${y + 14}">${escapeXml(text)}</text>`,
    ].join('')
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeXml(title)}">
<style>${STYLE}</style>
<text class="title" x="8" y="22">${escapeXml(title)}</text>
<text class="note" x="8" y="40">${escapeXml(note)}</text>
${rows.join('\n')}
</svg>
`
}

const round = (value) => Math.round(value * 10) / 10

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }
/** Escapes a string for XML, and drops control characters, which XML does not allow. */
const escapeXml = (text) => text.replaceAll(/\p{Cc}/gu, '').replaceAll(/[&<>"']/g, (character) => ENTITIES[character])

/** Writes charts into a folder. Returns their names. */
export function writeCharts(charts, folder) {
  mkdirSync(folder, { recursive: true })
  for (const [name, svg] of charts) writeFileSync(join(folder, name), svg)
  return [...charts.keys()]
}
