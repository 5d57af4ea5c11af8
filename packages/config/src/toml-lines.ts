/**
 * Finds the line of each section and key of a well-formed TOML document, since smol-toml reports lines for syntax errors only.
 * The search covers headers, keys, dotted keys and quoted keys without escapes. A key inside an inline table has the line of
 * the table.
 *
 * @returns a function that returns the line of a key, or of its section if the key is not found. Lines begin at 1
 */
export function tomlLines(text: string): (section: string, key?: string) => number | undefined {
  const lines = new Map<string, number>()
  const { length } = text
  let at = 0
  let line = 1
  let counted = 0
  let table: string[] = []

  const record = (path: readonly string[], start: number): void => {
    for (; counted < start; counted++) if (text[counted] === '\n') line++
    const [section, key] = path
    for (const at of [nameOf(section), nameOf(section, key)]) if (!lines.has(at)) lines.set(at, line)
  }
  const skipTo = (end: number): void => {
    at = end === -1 ? length : end
  }
  const skipBlanks = (): void => {
    while (text[at] === ' ' || text[at] === '\t') at++
  }
  const skipString = (): void => {
    const quote = text[at] ?? ''
    const triple = quote.repeat(3)
    const end = text.startsWith(triple, at) ? triple : quote
    at += end.length
    while (at < length && !text.startsWith(end, at)) at += quote === '"' && text[at] === '\\' ? 2 : 1
    at += end.length
    // Up to two more quotes may precede the closing three.
    if (end === triple) while (text[at] === quote) at++
  }
  const skipValue = (): void => {
    for (let depth = 0; at < length;) {
      const char = text[at]
      if (char === '"' || char === "'") skipString()
      else if (char === '#') skipTo(text.indexOf('\n', at))
      else if (char === '\n' && depth <= 0) return
      else {
        if (char === '[' || char === '{') depth++
        if (char === ']' || char === '}') depth--
        at++
      }
    }
  }
  const readKey = (): string[] => {
    const path: string[] = []
    for (;;) {
      skipBlanks()
      const start = at
      if (text[at] === '"' || text[at] === "'") {
        skipString()
        path.push(text.slice(start + 1, at - 1))
      } else {
        while (/[\w-]/.test(text[at] ?? '')) at++
        path.push(text.slice(start, at))
      }
      skipBlanks()
      if (text[at] !== '.') return path
      at++
    }
  }

  while (at < length) {
    const start = at
    const char = text[at] ?? ''
    if (char === '#') skipTo(text.indexOf('\n', at))
    else if (char === '[') {
      at += text[at + 1] === '[' ? 2 : 1
      table = readKey()
      record(table, start)
      skipTo(text.indexOf('\n', at))
    } else if (/[\w"'-]/.test(char)) {
      record([...table, ...readKey()], start)
      skipValue()
    } else at++
  }
  return (section, key) => lines.get(nameOf(section, key)) ?? lines.get(nameOf(section))
}

const nameOf = (...path: (string | undefined)[]): string => JSON.stringify(path.filter((part) => part !== undefined))
