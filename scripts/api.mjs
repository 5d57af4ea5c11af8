// The names that each public package exports, in api/<package>.txt: a change of the public API shows in a review.
// Checks by default; `node scripts/api.mjs --write` renews.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { report } from './lib/report.mjs'
import { packagesOf, readTree, root } from './lib/tree.mjs'

const LIST = /^export (?<type>type )?\{(?<names>[^}]*)\}/gm
const NAMESPACE = /^export \* as (\w+) from/gm
const DECLARATION =
  /^export (?:declare )?(?:abstract )?(?:async )?(?<keyword>const|let|function\*?|class|type|interface|enum) (?<name>\w+)/gm
const EVERYTHING = /^export \*\s+from|^export default/m

/**
 * The exported names of an entry, types marked as such.
 *
 * @param {string} text an index.ts, which names all that it exports
 */
export function exportsOf(text) {
  if (EVERYTHING.test(text)) throw new Error('exports everything of a module, or a default; name the exports')
  const names = new Set()
  for (const { groups } of text.matchAll(LIST)) {
    for (const item of groups.names.replace(/\/\/.*$/gm, '').split(',')) {
      const parts = item.trim().split(/\s+/)
      if (parts[0] === '') continue
      const isType = groups.type || parts[0] === 'type'
      names.add(`${isType ? 'type ' : ''}${parts.at(-1)}`)
    }
  }
  for (const match of text.matchAll(NAMESPACE)) names.add(match[1])
  for (const { groups } of text.matchAll(DECLARATION)) {
    names.add(`${['type', 'interface'].includes(groups.keyword) ? 'type ' : ''}${groups.name}`)
  }
  const bare = (name) => name.replace('type ', '')
  return [...names].sort((a, b) => (bare(a) < bare(b) ? -1 : bare(a) > bare(b) ? 1 : 0))
}

/** @returns {Map<string, string>} path → text, of every api/*.txt as it should be */
export function apiFiles(files) {
  const wanted = new Map()
  for (const { kind, folder, manifest, files: own } of packagesOf(files)) {
    if (kind !== 'packages' || manifest.private) continue
    const sections = Object.entries(manifest.exports).map(([entry, { '@aster/source': source }]) => {
      const text = own.get(source.replace('./', ''))
      const names = text === undefined ? ['(not there yet)'] : exportsOf(text)
      return [`# ${manifest.name}${entry.slice(1)}`, ...names, ''].join('\n')
    })
    wanted.set(`api/${folder}.txt`, sections.join('\n'))
  }
  return wanted
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const files = readTree()
  const wanted = apiFiles(files)
  const stale = [...files.keys()].filter((path) => path.startsWith('api/') && !wanted.has(path))
  const changed = [...wanted].filter(([path, text]) => files.get(path) !== text)
  if (argv.includes('--write')) {
    mkdirSync(join(root, 'api'), { recursive: true })
    for (const path of stale) rmSync(join(root, path))
    for (const [path, text] of changed) writeFileSync(join(root, path), text)
    console.log(`api: renewed ${[...stale, ...changed.map(([path]) => path)].join(', ') || 'nothing'}`)
  } else {
    const problems = [
      ...stale.map((path) => `${path} has no package`),
      ...changed.map(([path, text]) => difference(path, files.get(path), text)),
    ]
    report('api', { problems, seen: `${wanted.size} packages` })
  }
}

function difference(path, before = '', after) {
  const [old, fresh] = [before.split('\n'), after.split('\n')]
  const added = fresh.filter((line) => !old.includes(line)).map((line) => `+${line}`)
  const removed = old.filter((line) => !fresh.includes(line)).map((line) => `-${line}`)
  const what = [...added, ...removed].join(', ') || 'another order'
  return `${path} differs from the exports (${what}); if that is meant, run node scripts/api.mjs --write`
}
