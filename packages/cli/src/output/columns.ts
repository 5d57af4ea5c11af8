import { stripVTControlCharacters } from 'node:util'
import type { Style } from './style.ts'

const GAP = '  '

/** Rows in aligned columns, one line each; a row may have its own colours. */
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

/** A table with a heading. */
export function table(style: Style, heading: readonly string[], rows: readonly (readonly string[])[]): string {
  return columns([heading.map((cell) => style.dim(cell)), ...rows])
}

/** Labels and their values, one line each; those without a value are left out. */
export function facts(style: Style, pairs: readonly (readonly [label: string, value: string | undefined])[]): string {
  return columns(pairs.flatMap(([label, value]) => (value === undefined ? [] : [[style.dim(label), value]])))
}

const segmenter = new Intl.Segmenter()

/** Counts characters as people do. One that takes two columns of a terminal moves the next cell by one. */
function countCharacters(cell: string): number {
  return [...segmenter.segment(stripVTControlCharacters(cell))].length
}
