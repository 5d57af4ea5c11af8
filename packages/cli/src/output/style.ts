import { styleText } from 'node:util'
import type { CliIo, Output } from '../io.ts'

/** Styles of text. Without colours, each returns its text unchanged. */
export interface Style {
  bold(text: string): string
  dim(text: string): string
  good(text: string): string
  bad(text: string): string
}

type Format = 'bold' | 'dim' | 'green' | 'red'

/** `styleFor` decides whether the output takes colours; the stdout of this process does not matter. */
const createPainter = (format: Format) => (text: string) => styleText(format, text, { validateStream: false })

const colours: Style = {
  bold: createPainter('bold'),
  dim: createPainter('dim'),
  good: createPainter('green'),
  bad: createPainter('red'),
}

const keep = (text: string): string => text
const none: Style = { bold: keep, dim: keep, good: keep, bad: keep }

/** Returns styles with colours if the output is a terminal and `NO_COLOR` (no-color.org) is not set. */
export function styleFor(output: Output, env: CliIo['env']): Style {
  const wanted = output.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  return wanted ? colours : none
}
