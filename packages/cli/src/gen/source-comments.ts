import type { Description } from '@aster/description'

/** The comments of one definition in source code. */
interface Comments {
  readonly doc: string | undefined
  /** The comments of its fields, members or methods, by their names in code. */
  readonly members: ReadonlyMap<string, string>
}

interface Token {
  readonly text: string
  readonly line: number
  /** The comment directly above. */
  comment: string | undefined
  /** The comment behind it, on the same line. */
  trailing: string | undefined
}

const TOKEN =
  /(?<comment>\/\*[^]*?\*\/|\/\/[^\n]*)|(?<text>'(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*"|`(?:[^`\\]|\\[^])*`|[\p{ID_Start}_$][\p{ID_Continue}$]*|[^\s])/gu

/** Matches comments for tools, which are not documentation. */
const NOISE = /^(?:eslint|oxlint|prettier|@ts-|#|TODO|FIXME|XXX|v8 ignore|c8 ignore|istanbul)|^[^\p{L}\p{N}]*$/u

function commentText(comment: string): string | undefined {
  const isBlock = comment.startsWith('/*')
  const body = isBlock ? comment.slice(2, -2).replace(/^\*/, '') : comment.slice(2)
  const lines = body.split(/\r?\n/).map((line) => (isBlock ? line.replace(/^\s*\* ?/, '') : line).trim())
  // Tags such as `@param` and the text after them are dropped.
  const tag = lines.findIndex((line) => line.startsWith('@'))
  const text = (tag < 0 ? lines : lines.slice(0, tag)).join('\n').trim().replaceAll('*\\/', '*/')
  return NOISE.test(text) ? undefined : text
}

function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = []
  let above: string[] = []
  let line = 1
  let at = 0
  /** The line on which the last comment ends. */
  let endOfComment = 0
  for (const { 0: found, index, groups } of source.matchAll(TOKEN)) {
    line += source.slice(at, index).split('\n').length - 1
    at = index
    const last = tokens.at(-1)
    const end = line + found.split('\n').length - 1
    if (groups?.['comment'] === undefined) {
      const comment = above.length > 0 && line - endOfComment <= 1 ? above.join('\n') : undefined
      tokens.push({ text: found, line: end, comment, trailing: undefined })
      above = []
    } else {
      const text = commentText(found)
      if (last?.line === line && above.length === 0) last.trailing ??= text
      else {
        // A blank line separates comments, and a block comment replaces the comments before it.
        if (line - endOfComment > 1 || found.startsWith('/*')) above = []
        if (text !== undefined) above.push(text)
        endOfComment = end
      }
    }
  }
  return tokens
}

const isString = (text: string | undefined): text is string => text !== undefined && /^['"]/.test(text)

function stringOf(text: string): string {
  return text.slice(1, -1).replaceAll(/\\(.)/g, '$1')
}

const OPEN = new Set(['(', '[', '{'])
const CLOSE = new Set([')', ']', '}'])

interface Member {
  readonly name: string
  readonly comment: string | undefined
  /** The index behind the colon. */
  readonly value: number
}

/** Returns the members of the object literal that begins at an index. */
function membersAt(tokens: readonly Token[], start: number): readonly Member[] {
  const members: Member[] = []
  let depth = 0
  for (let i = start; i < tokens.length; i++) {
    const { text, comment } = tokens[i] as Token
    if (OPEN.has(text)) depth += 1
    if (CLOSE.has(text)) depth -= 1
    if (depth === 0) break
    const before = tokens[i - 1]?.text
    if (depth !== 1 || tokens[i + 1]?.text !== ':' || (before !== '{' && before !== ',')) continue
    members.push({ name: isString(text) ? stringOf(text) : text, comment, value: i + 2 })
  }
  return members.map((member, i) => {
    const next = members[i + 1]?.value ?? tokens.length
    // The comment may follow the comma at the end of the line.
    const comma = tokens.slice(member.value, next).find(({ text, trailing }) => text === ',' && trailing !== undefined)
    return { ...member, comment: member.comment ?? comma?.trailing }
  })
}

function toComments(doc: string | undefined, members: readonly Member[]): Comments {
  return {
    doc,
    members: new Map(members.flatMap(({ name, comment }) => (comment === undefined ? [] : [[name, comment]]))),
  }
}

/** Returns the comments of structs and enums by their tags, and of services by their names. */
function readComments(source: string): ReadonlyMap<string, Comments> {
  const tokens = tokenize(source)
  const found = new Map<string, Comments>()
  let doc: string | undefined
  tokens.forEach(({ text, comment }, i) => {
    const next = tokens[i + 1]?.text
    const before = tokens[i - 1]?.text
    if (text === 'export' || (text === 'const' && before !== 'export')) doc = comment
    if ((text === 'struct' || text === 'enum') && before === '.' && next === '(') {
      const tag = tokens[i + 2]?.text
      if (isString(tag) && tokens[i + 4]?.text === '{')
        found.set(`type ${stringOf(tag)}`, toComments(doc, membersAt(tokens, i + 4)))
    }
    if (text !== 'defineService' || next !== '(' || tokens[i + 2]?.text !== '{') return
    const parts = new Map(membersAt(tokens, i + 2).map((member) => [member.name, member.value]))
    const name = tokens[parts.get('name') ?? -1]?.text
    const methods = parts.get('methods')
    if (isString(name))
      found.set(`service ${stringOf(name)}`, toComments(doc, methods === undefined ? [] : membersAt(tokens, methods)))
  })
  return found
}

interface Documented {
  readonly name: string
  readonly doc?: string | undefined
}

function withDocs<T extends Documented>(all: readonly T[], comments: Comments | undefined): readonly T[] {
  return all.map((one) => withDoc(one, comments?.members.get(one.name)))
}

function withDoc<T extends { readonly doc?: string | undefined }>(one: T, doc: string | undefined): T {
  return one.doc !== undefined || doc === undefined ? one : { ...one, doc }
}

/** Adds the comments in the source as `doc` to the definitions, fields, members and methods that have none. */
export function addComments(description: Description, source: string): Description {
  const comments = readComments(source)
  return {
    ...description,
    types: description.types.map((type) => {
      const own = comments.get(`type ${type.tag}`)
      const whole = withDoc(type, own?.doc)
      return whole.kind === 'enum'
        ? { ...whole, members: withDocs(whole.members, own) }
        : { ...whole, fields: withDocs(whole.fields, own) }
    }),
    services: description.services.map((service) => {
      const own = comments.get(`service ${service.name}`)
      return { ...withDoc(service, own?.doc), methods: withDocs(service.methods, own) }
    }),
  }
}
