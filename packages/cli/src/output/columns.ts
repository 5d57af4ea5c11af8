import { stripVTControlCharacters } from 'node:util'
import type { Style } from './style.ts'

const GAP = '  '

/** Formats rows as aligned columns, one line each. A row may have colours of its own. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, countCharacters(cell))))
  }
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) =>
        index === row.length - 1 ? cell : cell + ' '.repeat((widths[index] ?? 0) - countCharacters(cell)),
      )
      .join(GAP)
      .trimEnd()
  return rows.map(line).join('\n')
}

/** Formats a table with a heading. */
export function table(style: Style, heading: readonly string[], rows: readonly (readonly string[])[]): string {
  return columns([heading.map((cell) => style.dim(cell)), ...rows])
}

/** Formats labels and their values, one line each. A label without a value is left out. */
export function facts(style: Style, pairs: readonly (readonly [label: string, value: string | undefined])[]): string {
  return columns(pairs.flatMap(([label, value]) => (value === undefined ? [] : [[style.dim(label), value]])))
}

const segmenter = new Intl.Segmenter()

/**
 * Counts characters as people do. A character that takes two columns of a terminal still counts as one, and moves the next cell.
 */
function countCharacters(cell: string): number {
  return [...segmenter.segment(stripVTControlCharacters(cell))].length
}
