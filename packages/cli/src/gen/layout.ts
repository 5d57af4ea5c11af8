/** A piece of code: a string, or items between brackets that are written on one line if they fit. */
export type Layout = string | Group

export interface Group {
  /** The opening bracket with the code before it: `unary(`, `{`, `[`. */
  readonly open: string
  readonly items: readonly Item[]
  readonly close: string
  /** The space inside the brackets on one line: a blank in `{ a }`. */
  readonly pad: '' | ' '
  /** Whether the last item may begin on the line of the opening bracket: `defineService({`. */
  readonly hug?: boolean
}

export interface Item {
  /** The key before the value: `name: `. */
  readonly key?: string | undefined
  /** The lines of the comment above the item. */
  readonly doc?: readonly string[] | undefined
  readonly value: Layout
}

/** The layout rules of a language. */
export interface Style {
  readonly width: number
  readonly indent: string
  /** Returns the lines of a comment. */
  readonly comment: (lines: readonly string[]) => readonly string[]
}

/** Joins a group as one line. Returns `undefined` if it has a comment, which needs lines of its own. */
function flatten(layout: Layout): string | undefined {
  if (typeof layout === 'string') return layout
  const { open, items, close, pad } = layout
  if (items.length === 0) return open + close
  const parts: string[] = []
  for (const { key = '', doc, value } of items) {
    const flat = doc === undefined ? flatten(value) : undefined
    if (flat === undefined) return undefined
    parts.push(key + flat)
  }
  return `${open}${pad}${parts.join(', ')}${pad}${close}`
}

/**
 * Returns code that is broken into lines within the width of the style.
 *
 * @param before the code before it on its line, without the indent
 * @param depth how far the line is indented
 * @param after the code behind it on its last line
 */
export function render(layout: Layout, style: Style, before = '', depth = 0, after = ''): string {
  const indent = style.indent.repeat(depth)
  const room = style.width - indent.length - before.length - after.length
  const flat = flatten(layout)
  if (typeof layout === 'string') return before + layout + after
  if (flat !== undefined && flat.length <= room) return before + flat + after
  const { open, items, close } = layout
  const last = items.at(-1)
  if (layout.hug === true && last !== undefined && last.doc === undefined && typeof last.value !== 'string') {
    const first = items.slice(0, -1).map((item) => (item.doc === undefined ? flatten(item.value) : undefined))
    const head = `${before}${open}${first.map((part) => `${part}, `).join('')}`
    if (!first.includes(undefined) && indent.length + head.length + 1 <= style.width)
      return render(last.value, style, head, depth, close + after)
  }
  const inner = style.indent.repeat(depth + 1)
  const lines = items.flatMap(({ key = '', doc, value }) => [
    ...(doc === undefined ? [] : style.comment(doc).map((line) => inner + line)),
    inner + render(value, style, key, depth + 1, ','),
  ])
  return [before + open, ...lines, indent + close + after].join('\n')
}
