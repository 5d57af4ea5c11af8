// The exported names of an entry, found line by line, which is enough for formatted code.

const LIST = /^export (?<type>type )?\{(?<names>[^}]*)\}/gm
const NAMESPACE = /^export \* as (\w+) from/gm
const DECLARATION =
  /^export (?:declare )?(?:abstract )?(?:async )?(?<keyword>const|let|function\*?|class|type|interface|enum) (?<name>\w+)/gm
const EVERYTHING = /^export \*\s+from|^export default/m

/**
 * Lists the exported names of an entry, types marked as such.
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
