// The prose of a file: its comments, its string literals, or the text of a Markdown page.
import ts from 'typescript-oldest'

/**
 * @typedef {object} Passage a piece of prose that is read as a whole
 * @property {'comment' | 'string' | 'markdown'} kind
 * @property {number} start its offset in the file
 * @property {string} text as long as in the file: the marks of comments are spaces, code is a row of `CODE`
 */

/** Stands for a character of code: of a code span, a code block, a link's target, or an expression of a template. */
const CODE = '\u00a4'
/** Stands for a character that no word has, so that lengths and line breaks are kept. */
const blank = (text, filler = ' ') => text.replace(/[^\n]/g, filler)

const FENCE = /^([ \t]*)(`{3,}|~{3,})[^\n]*\n[^]*?^\1\2[ \t]*$/gm
const COMMENT_OF_HTML = /<!--[^]*?-->/g
const CODE_SPAN = /(?<!`)(`+)(?!`)(?:(?!\n[ \t]*\n)[^])*?(?<!`)\1(?!`)/g
const LINK_TAG = /\{@\w+[^}]*\}/g
const TARGET = /\]\([^)\n]*\)|https?:\/\/\S+/g

/**
 * Returns the passages of a file, in their order. A file in another language has none.
 *
 * @param {string} path
 * @param {string} text
 * @returns {Passage[]}
 */
export function proseOf(path, text) {
  if (path.endsWith('.md')) return [{ kind: 'markdown', start: 0, text: withoutCode(blankMarkers(text)) }]
  if (/\.[cm]?[jt]s$/.test(path)) return scriptProse(path, text)
  if (path.endsWith('.rs')) return rustProse(text)
  if (/\.(?:py|toml|ya?ml)$|^\.ci\/run$/.test(path)) return hashProse(text)
  return []
}

/** Returns the line of an offset, from 1 on. */
export const lineAt = (text, offset) => text.slice(0, offset).split('\n').length

const blankMarkers = (text) => text.replace(COMMENT_OF_HTML, (comment) => blank(comment))

const withoutCode = (text) =>
  [FENCE, CODE_SPAN, LINK_TAG, TARGET].reduce(
    (prose, pattern) => prose.replace(pattern, (code) => blank(code, CODE)),
    text,
  )

/** The syntax tree has the positions of literals; outside of them, `//` and `/*` always begin a comment. */
function scriptProse(path, text) {
  const kind = /\.[cm]?js$/.test(path) ? ts.ScriptKind.JS : ts.ScriptKind.TS
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false, kind)
  const strings = []
  /** Literals as spaces. */
  let rest = ''
  let end = 0
  const skip = (from, to) => {
    rest += text.slice(end, from) + blank(text.slice(from, to))
    end = to
  }
  const visit = (node) => {
    const from = node.getStart(file)
    if (ts.isTemplateExpression(node)) {
      strings.push({ kind: 'string', start: from + 1, text: templateText(node, { file, text }) })
      skip(from, node.head.end)
      for (const { expression, literal } of node.templateSpans) {
        visit(expression)
        skip(literal.getStart(file), literal.end)
      }
      return
    }
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) {
      strings.push({ kind: 'string', start: from + 1, text: literalText(text.slice(from + 1, node.end - 1)) })
      skip(from, node.end)
      return
    }
    if (ts.isRegularExpressionLiteral(node)) skip(from, node.end)
    else ts.forEachChild(node, visit)
  }
  ts.forEachChild(file, visit)
  rest += text.slice(end)
  return [...commentsOf(rest), ...strings].sort((a, b) => a.start - b.start)
}

/** An escape is two spaces, so that the `n` of `\n` begins no word. */
const literalText = (text) => withoutCode(text.replace(/\\[^]/g, (escape) => blank(escape)))

function templateText(node, { file, text }) {
  const from = node.getStart(file) + 1
  let found = text.slice(from, node.head.end - 2)
  for (const { literal } of node.templateSpans) {
    const begin = literal.getStart(file) + 1
    found += blank(text.slice(from + found.length, begin), CODE)
    const isLast = literal.kind === ts.SyntaxKind.TemplateTail
    found += text.slice(begin, literal.end - (isLast ? 1 : 2))
  }
  return literalText(found)
}

/** Comments of one line that follow each other without anything between are one passage. */
const COMMENTS = /\/\*[^]*?\*\/|\/\/[^\n]*(?:\n[ \t]*\/\/[^\n]*)*/g

function commentsOf(text) {
  return [...text.matchAll(COMMENTS)].map(({ 0: comment, index }) => ({
    kind: 'comment',
    start: index,
    text: withoutCode(withoutMarks(comment)),
  }))
}

const withoutMarks = (comment) =>
  comment.startsWith('/*')
    ? comment.replace(/^\/\*+|\*+\/$/g, (mark) => blank(mark)).replace(/^[ \t]*\*/gm, (mark) => blank(mark))
    : comment.replace(/^([ \t]*)\/\/[/!]?/gm, (mark) => blank(mark))

const RUST_LITERALS =
  /r(#*)"[^]*?"\1|b?"(?:[^"\\]|\\[^])*"|b?'(?:[^'\\\n]|\\[^'\n]*)'|(?<comment>\/\/[^\n]*|\/\*[^]*?\*\/)/g

function rustProse(text) {
  const strings = []
  const rest = text.replace(RUST_LITERALS, (literal, ...found) => {
    const { comment } = found.at(-1)
    if (comment !== undefined) return comment
    if (literal.startsWith('"')) {
      strings.push({ kind: 'string', start: found.at(-3) + 1, text: literalText(literal.slice(1, -1)) })
    }
    return blank(literal)
  })
  return [...commentsOf(rest), ...strings].sort((a, b) => a.start - b.start)
}

const HASH_LITERALS =
  /(?<block>"""[^]*?""")|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|(?<comment>(?<![^\s])#[^\n]*(?:\n[ \t]*#[^\n]*)*)/g

/** Python, TOML, YAML and shell: `#` begins a comment, and three quotes are documentation. */
function hashProse(text) {
  return [...text.matchAll(HASH_LITERALS)].map(({ 0: literal, index, groups }) => {
    const { block, comment } = groups
    if (comment !== undefined) {
      return {
        kind: 'comment',
        start: index,
        text: withoutCode(comment.replace(/^([ \t]*)#/gm, (mark) => blank(mark))),
      }
    }
    if (block !== undefined) return { kind: 'comment', start: index + 3, text: withoutCode(literal.slice(3, -3)) }
    return { kind: 'string', start: index + 1, text: literalText(literal.slice(1, -1)) }
  })
}
