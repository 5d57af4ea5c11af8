import { styleText } from 'node:util'
import type { CliIo, Output } from '../io.ts'

/** Ways to write a text; without colours all of them leave it as it is. */
export interface Style {
  bold(text: string): string
  dim(text: string): string
  good(text: string): string
  bad(text: string): string
}

type Format = 'bold' | 'dim' | 'green' | 'red'

/** Whether the output takes colours is decided here, not by what this process's stdout is. */
const createPainter = (format: Format) => (text: string) => styleText(format, text, { validateStream: false })

const colours: Style = {
  bold: createPainter('bold'),
  dim: createPainter('dim'),
  good: createPainter('green'),
  bad: createPainter('red'),
}

const keep = (text: string): string => text
const none: Style = { bold: keep, dim: keep, good: keep, bad: keep }

/** Colours are for terminals, unless `NO_COLOR` (no-color.org) says otherwise. */
export function styleFor(output: Output, env: CliIo['env']): Style {
  const wanted = output.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  return wanted ? colours : none
}
