// The report of a package's public API: a section for each entry with every exported declaration, in the order of the
// names, and below them the declarations that an exported one mentions and no entry exports.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { format } from 'oxfmt'
import { root } from './tree.mjs'

/**
 * @typedef {object} EntryApi
 * @property {string} specifier `@aster/rpc-core/schema`
 * @property {readonly string[]} names the exported names, types as `type X`
 * @property {import('./declarations.mjs').Declarations} declarations
 *
 * @typedef {object} Mentioned
 * @property {string[]} locals the declarations to show, exported or not
 * @property {string[]} unexported those of them that no entry of the package exports
 * @property {string[]} missing those of the unexported ones that an exported declaration itself mentions
 * @property {{ module: string, name: string }[]} imports names from elsewhere that the entry does not export
 */

/**
 * Writes the report of a package.
 *
 * @param {string} name the name of the package
 * @param {readonly EntryApi[]} entries
 * @returns {Promise<{ text: string, mentioned: Mentioned[] }>} `mentioned` in the order of the entries
 */
export async function apiReport(name, entries) {
  const mentioned = entries.map((entry) => mentionedBy(entry, entries))
  const sections = await Promise.all(
    entries.map(async (entry, index) => {
      const code = await formatted(codeOf(entry, mentioned[index]))
      return `## ${entry.specifier}\n\n\`\`\`ts\n${code}\`\`\`\n`
    }),
  )
  const head = `# API of ${name}\n\nWritten by \`pnpm lint:api --write\`. Review the changes; do not edit the file.\n`
  return { text: [head, ...sections].join('\n'), mentioned }
}

/** Follows the names in the exported declarations of an entry, up to those that a user can import from elsewhere. */
function mentionedBy(entry, entries) {
  const { locals, imports, exported, unexported } = entry.declarations
  const shown = [...exported.values()].filter((local) => locals.has(local))
  const found = { locals: shown, unexported: [], missing: [], imports: [] }
  const seen = new Set(exported.values())
  // The array grows while it is walked.
  for (const local of found.locals) {
    for (const word of wordsOf(locals.get(local))) {
      if (seen.has(word)) continue
      seen.add(word)
      const owner = unexported.has(word) && entries.find((other) => other !== entry && haveSame(other, entry, word))
      if (imports.has(word)) found.imports.push(imports.get(word))
      else if (owner) found.imports.push({ module: owner.specifier, name: word })
      else if (locals.has(word)) found.locals.push(word)
    }
  }
  found.unexported = found.locals.filter((local) => unexported.has(local))
  found.missing = found.unexported.filter((local) =>
    found.locals.some((other) => !unexported.has(other) && wordsOf(locals.get(other)).has(local)),
  )
  return found
}

const wordsOf = (texts) => new Set(texts.join('\n').match(/[\w$]+/g))

/** Each entry is rolled up by itself, so the same declaration of two entries is known by its text. */
function haveSame(owner, entry, name) {
  const texts = [owner, entry].map(({ declarations }) => declarations.locals.get(name)?.join('\n'))
  return owner.declarations.exported.get(name) === name && texts[0] === texts[1]
}

function codeOf({ names, declarations }, mentioned) {
  const { locals, imports, exported } = declarations
  const typeOnly = new Set(names.filter((name) => name.startsWith('type ')).map((name) => name.slice(5)))
  const publicNames = new Map([...exported].map(([name, local]) => [local, name]))
  const shown = mentioned.locals
    .map((local) => ({ local, name: publicNames.get(local) ?? local }))
    .sort((a, b) => compare(a.name, b.name))
  const declarationOf = ({ local, name }) => {
    const texts = locals.get(local)
    if (!publicNames.has(local)) return texts.join('\n')
    const isOnlyType = typeOnly.has(name) && texts.some((text) => VALUE.test(text))
    if (local === name && !isOnlyType) return texts.map((text) => `export ${text}`).join('\n')
    return `${texts.join('\n')}\nexport ${isOnlyType ? 'type ' : ''}{ ${renamed(local, name)} }`
  }
  const reexports = [...exported]
    .filter(([, local]) => imports.has(local))
    .map(([name, local]) => {
      const { module, name: imported } = imports.get(local)
      return { module, name: `${typeOnly.has(name) ? 'type ' : ''}${renamed(imported.split(' as ')[0], name)}` }
    })
  const isHidden = ({ local }) => mentioned.unexported.includes(local)
  const hidden = shown.filter(isHidden)
  return [
    statements('import', mentioned.imports),
    statements('export', reexports),
    ...shown.filter((one) => !isHidden(one)).map(declarationOf),
    ...(hidden.length === 0 ? [] : ['// Mentioned above, and exported by no entry.']),
    ...hidden.map(declarationOf),
  ].join('\n\n')
}

const VALUE = /^(?:abstract )?(?:class|const|enum|function|let|var) /

const renamed = (local, name) => (local === name ? name : `${local} as ${name}`)

/** Writes one import or export statement for each module, and one for each namespace. */
function statements(keyword, items) {
  const bare = ({ name }) => name.replace(/^type /, '')
  const lists = new Map()
  for (const item of [...items].sort((a, b) => compare(a.module, b.module) || compare(bare(a), bare(b)))) {
    const key = item.name.startsWith('* as ') ? `${item.module} ${item.name}` : item.module
    lists.set(key, [...(lists.get(key) ?? []), item])
  }
  const statementOf = (list) => {
    const names = list.map(({ name }) => name).join(', ')
    return `${keyword} ${names.startsWith('* as ') ? names : `{ ${names} }`} from '${list[0].module}'`
  }
  return [...lists.values()].map(statementOf).join('\n')
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0)

const { printWidth, semi, singleQuote } = JSON.parse(readFileSync(join(root, '.oxfmtrc.json'), 'utf8'))

async function formatted(code) {
  const result = await format('api.d.ts', code, { printWidth, semi, singleQuote })
  if (result.errors.length > 0) throw new Error(`cannot format the declarations: ${result.errors[0].message}\n${code}`)
  return result.code
}
