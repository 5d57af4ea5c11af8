// Compares LIMITS.md with the code: its last table has a row for each numeric constant of the packages whose name has a unit or
// says that it is a limit, with its value and its comment. `node scripts/check-limits.mjs --write` renews the table.
import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { report } from './lib/report.mjs'
import { packagesOf, readTree, root } from './lib/tree.mjs'

const BEGIN = '<!-- constants: written by scripts/check-limits.mjs -->'
const END = '<!-- end of constants -->'

/** Units at the end of a name, and words for a limit at its beginning. */
const NAME =
  /_(?:MS|SECONDS|BYTES|LENGTH|CHARACTERS|STREAMS|FRAMES|CONNECTIONS)$|^(?:DEFAULT_)?(?:MAX|MIN|MOST|LEAST)_|(?<!Epoch)Ms$|[a-z]Bytes$/
const UNITS = { MS: 'ms', SECONDS: 's', BYTES: 'bytes', Ms: 'ms', Bytes: 'bytes' }
/** A constant, or a member of an object of defaults. */
const NUMBER =
  /^(?:(?:export |pub(?:\(\w+\))? )?const |[ \t]+(?=\w+(?:Ms|Bytes):))(?<name>\w+)(?:: \w+)?(?: =|:) (?<value>[\d(][\w\s*+.()-]*?)(?:,|;)?$/gm
const TEST = /\.(?:test|test-d|bench)\.ts$/
const LIMITS = 'packages/rpc-core/src/limits.ts'

/**
 * Lists the constants that are limits.
 *
 * @param {Map<string, string>} files path → text
 * @returns {{ package: string, path: string, name: string, value: number, comment: string }[]} `comment` is empty if there
 *   is no comment above the constant
 */
export function limitConstants(files) {
  const found = []
  for (const { dir, kind, manifest, files: own } of packagesOf(files)) {
    if (kind !== 'packages' || manifest.private) continue
    for (const [name, text] of own) {
      const path = `${dir}/${name}`
      if (!/^(?:src|crate\/src)\/.*\.(?:ts|rs)$/.test(name) || TEST.test(name) || path === LIMITS) continue
      for (const { groups, index } of text.matchAll(NUMBER)) {
        const value = numberOf(groups.value)
        if (!NAME.test(groups.name) || value === undefined) continue
        found.push({
          package: manifest.name,
          path,
          name: groups.name,
          value,
          comment: commentAbove(text.slice(0, index)),
        })
      }
    }
  }
  const keyOf = ({ package: pkg, path }) => `${pkg} ${path}`
  return found.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0))
}

/** Computes `24 * 60 * 60 * 1000`; `undefined` for anything but arithmetic. */
function numberOf(text) {
  const plain = text.replaceAll('_', '')
  // A value that goes on in the next line is no number.
  return /^[\d\s*+.()e-]*[\d)]$/.test(plain) ? Number(new Function(`return ${plain}`)()) : undefined
}

const COMMENT = /\/\*\*((?:(?!\*\/)[^])*)\*\/|(?:^[ \t]*\/\/[^\n]*\n)+/gm
/** Constants in a row may share the comment above the first. */
const CONSTANTS = /^(?:[ \t]*(?:export |pub )?(?:const )?\w+(?:: \w+)?(?: =|:) [\d(][^\n]*\n)*[ \t]*$/

function commentAbove(text) {
  const block = text.slice(text.lastIndexOf('\n\n') + 1)
  const last = [...block.matchAll(COMMENT)].at(-1)
  if (last === undefined || !CONSTANTS.test(block.slice(last.index + last[0].length).replace(/^\n/, ''))) return ''
  const comment = (last[1] ?? last[0]).replace(/^[ \t]*(?:\*|\/\/[/!]?) ?/gm, '')
  return comment
    .split(/\n[ \t]*\n|^@|\s@default/m)[0]
    .replace(/\s+/g, ' ')
    .trim()
}

/** Returns the table of the constants. */
export function limitsTable(constants) {
  const rows = constants.map(({ package: pkg, path, name, value, comment }) => {
    const unit = UNITS[/_([A-Z]+)$|(Ms|Bytes)$/.exec(name)?.slice(1).find(Boolean)]
    const number = value.toLocaleString('en-US')
    const file = `[${basename(path)}](${path})`
    return `| \`${pkg}\` | \`${name}\` | ${number}${unit === undefined ? '' : ` ${unit}`} | ${comment.replaceAll('|', '\\|')} | ${file} |`
  })
  return ['| package | constant | value | meaning | file |', '|---|---|---|---|---|', ...rows].join('\n')
}

/** @param {Map<string, string>} files path → text */
export function checkConstants(files) {
  const page = files.get('LIMITS.md') ?? ''
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin < 0 || end < begin)
    return { problems: [`LIMITS.md has no table between ${BEGIN} and ${END}`], renewed: page, seen: '' }
  const constants = limitConstants(files)
  const problems = constants
    .filter(({ comment }) => comment === '')
    .map(({ path, name }) => `${path}: ${name} has no comment that says what it bounds`)
  const renewed = `${page.slice(0, begin)}${BEGIN}\n\n${limitsTable(constants)}\n\n${page.slice(end)}`
  if (renewed !== page) {
    const lines = new Set(page.split('\n'))
    const missing = constants.filter((one) => !lines.has(limitsTable([one]).split('\n')[2]))
    const names = missing.map(({ path, name }) => `${path} ${name}`).join(', ') || 'a constant that is gone'
    problems.push(`LIMITS.md differs from the constants (${names}); run node scripts/check-limits.mjs --write`)
  }
  return { problems, renewed, seen: `${constants.length} constants` }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  if (argv.includes('--write')) writeFileSync(join(root, 'LIMITS.md'), checkConstants(readTree()).renewed)
  report('limits', checkConstants(readTree()))
}
