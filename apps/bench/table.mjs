// Writes the tables, in Markdown and for a terminal.
import { DISTURBED } from './summary.mjs'

/** Returns a number with at least two digits, and with separators if it is large. */
export function formatNumber(value) {
  if (value === undefined) return '–'
  const size = Math.abs(value)
  if (size >= 100) return Math.round(value).toLocaleString('en-US')
  return size >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** Returns the median, the ratio, and unless `brief` the least and the greatest of the rounds. */
function formatCell(cell, brief) {
  if (cell === undefined) return ''
  const { value, ratio, error, others } = cell
  if (value === undefined) return error === undefined ? '–' : 'failed'
  const parts = [formatNumber(value.median)]
  if (ratio !== undefined) parts.push(`(${formatNumber(ratio.median)}×)`)
  if (!brief && value.min !== value.max) parts.push(`${formatNumber(value.min)}…${formatNumber(value.max)}`)
  if (error !== undefined) parts.push('failed once')
  if (others > DISTURBED) parts.push('!')
  return parts.join(' ')
}

/** Returns a line for each row, and unless `brief` one before each section. */
function lines(summary, systems, brief = false) {
  const out = []
  let section
  for (const { row, cells } of summary) {
    if (!systems.some(({ name }) => cells[name] !== undefined)) continue
    if (!brief && row.section !== section) out.push({ section: (section = row.section) })
    out.push({
      title: `${brief ? briefTitle(row) : row.title}, ${row.unit} ${row.better === 'more' ? '↑' : '↓'}`,
      cells: systems.map(({ name }) => formatCell(cells[name], brief)),
    })
  }
  return out
}

/** Returns the title of a row without its section above it. */
function briefTitle({ section, title }) {
  return section.startsWith('Unary') ? `${section.toLowerCase()}, ${title}` : title
}

/**
 * @param {ReturnType<typeof import('./summary.mjs').summarize>} summary
 * @param {readonly { name: string, title: string }[]} systems
 * @param {{ brief?: boolean }} [options] `brief`: without sections and the spread of the rounds
 */
export function markdownTable(summary, systems, { brief = false } = {}) {
  const escaped = (text) => text.replaceAll('|', '\\|')
  const line = (first, cells) => `| ${[first, ...cells].map(escaped).join(' | ')} |`
  return [
    line(
      '',
      systems.map(({ title }) => title),
    ),
    `|---|${systems.map(() => '--:|').join('')}`,
    ...lines(summary, systems, brief).map(({ section, title, cells }) =>
      section === undefined
        ? line(title, cells)
        : line(
            `**${section}**`,
            systems.map(() => ''),
          ),
    ),
  ].join('\n')
}

/** Returns the table in parts that fit into `width` columns: each has the first system, and as many others as fit. */
export function terminalTable(summary, systems, width) {
  const [base, ...others] = systems
  const parts = []
  for (let at = 0; at < Math.max(1, others.length);) {
    let part
    let taken = 0
    do {
      const more = align(summary, [base, ...others.slice(at, at + taken + 1)])
      if (taken > 0 && more.width > width) break
      part = more
      taken++
    } while (at + taken < others.length)
    parts.push(part.text)
    at += taken
  }
  return parts.join('\n\n')
}

function align(summary, systems) {
  const all = lines(summary, systems)
  const rows = all.filter(({ cells }) => cells !== undefined)
  const widths = systems.map(({ title }, i) => Math.max(title.length, ...rows.map(({ cells }) => cells[i].length)))
  const first = Math.max(0, ...rows.map(({ title }) => title.length + 2))
  const join = (title, cells) =>
    [title.padEnd(first), ...cells.map((cell, i) => cell.padStart(widths[i]))].join('  ').trimEnd()
  const text = [
    join(
      '',
      systems.map(({ title }) => title),
    ),
    ...all.map(({ section, title, cells }) => (section === undefined ? join(`  ${title}`, cells) : section)),
  ]
  return { text: text.join('\n'), width: Math.max(...text.map(({ length }) => length)) }
}
