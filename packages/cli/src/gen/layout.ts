/** A piece of code: a string, or parts between brackets that stand on one line if they fit there. */
export type Layout = string | Group

export interface Group {
  /** `unary(`, `{`, `[`. */
  readonly open: string
  readonly items: readonly Item[]
  readonly close: string
  /** What stands inside the brackets on one line: a blank in `{ a }`. */
  readonly pad: '' | ' '
  /** Whether the last item may begin on the line of the bracket: `defineService({`. */
  readonly hug?: boolean
}

export interface Item {
  /** `name: `, or nothing. */
  readonly key?: string | undefined
  /** Lines of a comment above it. */
  readonly doc?: readonly string[] | undefined
  readonly value: Layout
}

/** How a language writes what all have in common. */
export interface Style {
  readonly width: number
  readonly indent: string
  /** Writes a comment, as lines. */
  readonly comment: (lines: readonly string[]) => readonly string[]
}

/** Joins a group as one line; `undefined` if a comment in it needs lines of its own. */
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
 * Writes code within the width of the style.
 *
 * @param before what stands before it on its line, without the indent
 * @param depth how far the line is indented
 * @param after what follows on its last line
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
