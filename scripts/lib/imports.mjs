// The imports of a TypeScript or JavaScript file, found line by line. That is enough for formatted code: oxfmt, which
// `lint` runs as well, begins every import and export statement on its own line.

const STATEMENT = /^\s*(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*(['"])([^'"\n]+)\1/gm
const CALL =
  /\b(import|require|import\.meta\.resolve|getBuiltinModule)\s*\(\s*(?:(['"`])([^'"`\n$]+)\2\s*[,)]|(?=[^\s'"`]))/g

/**
 * @param {string} text
 * @returns {{ specifier: string | undefined, line: number }[]} `specifier` is undefined if it is computed
 */
export function importsOf(text) {
  const code = withoutComments(text)
  const lineAt = (index) => code.slice(0, index).split('\n').length
  const found = []
  for (const match of code.matchAll(STATEMENT)) {
    found.push({ specifier: match[2], line: lineAt(match.index + match[0].length) })
  }
  for (const match of code.matchAll(CALL)) {
    if (match[3] !== undefined) found.push({ specifier: match[3], line: lineAt(match.index) })
    else if (match[1] === 'import') found.push({ specifier: undefined, line: lineAt(match.index) })
  }
  return found
}

/** Blanks comments that begin a line, and text behind ` //`. Lines keep their numbers. */
export function withoutComments(text) {
  return text
    .replace(/^[ \t]*\/\*[^]*?\*\//gm, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/(^|\s)\/\/.*$/gm, '$1')
}

/** `@scope/name/sub/path` → `['@scope/name', './sub/path']` */
export function splitSpecifier(specifier) {
  const parts = specifier.split('/')
  const length = specifier.startsWith('@') ? 2 : 1
  const rest = parts.slice(length).join('/')
  return [parts.slice(0, length).join('/'), rest === '' ? '.' : `./${rest}`]
}
