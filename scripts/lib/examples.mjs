// The programs in the `@example` tags of documentation comments.

const DOCUMENTATION = /\/\*\*[^]*?\*\//g
const EXAMPLE = /^@example\b[^\n]*\n(?<rest>[^]*?)(?=^@\w|(?![^]))/gm
const FENCED = /^```ts\n(?<code>[^]*?)^```$/m
/** A line that a program prints stands behind the statement that prints it. */
const PRINTED = /\/\/ prints (?<line>.+)$/gm

/**
 * Finds the examples of the packages.
 *
 * @param {Map<string, string>} files path → text
 * @returns {{ examples: { path: string, line: number, code: string, prints: string[] }[], problems: string[] }} `prints`:
 *   the lines that the program has to print, in their order
 */
export function examplesOf(files) {
  const examples = []
  const problems = []
  for (const [path, text] of files) {
    if (!/^packages\/[^/]+\/src\/.*\.ts$/.test(path) || /\.test(-d)?\.ts$/.test(path)) continue
    for (const { 0: comment, index } of text.matchAll(DOCUMENTATION)) {
      for (const match of bareText(comment).matchAll(EXAMPLE)) {
        const line =
          text.slice(0, index).split('\n').length + comment.slice(0, comment.indexOf('@example')).split('\n').length - 1
        const code = FENCED.exec(match.groups.rest)?.groups.code
        if (code === undefined) problems.push(`${path}:${line} has an @example without a block of ts`)
        else examples.push({ path, line, code, prints: [...code.matchAll(PRINTED)].map(({ groups }) => groups.line) })
      }
    }
  }
  return { examples, problems }
}

/** A comment without its marks: ` * text` becomes `text`. */
const bareText = (comment) =>
  comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .replace(/^[ \t]*\*? ?/gm, '')
    .trimEnd()
    .concat('\n')
