import { constantCase, type Description, UniqueNames } from '@aster/description'

const KEYWORDS = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from global if import in is ' +
    'lambda nonlocal not or pass raise return try while with yield'
  ).split(' '),
)

/** Names that generated modules use for other things. */
const PYTHON_IMPORTS = (
  'Any AsyncIterator Dict Enum IntEnum List Optional Set SerializationMode all_of any_of bidi_stream client_stream dataclass date ' +
  'datetime field pyfory rpc server_stream service wire_type bool bytes float int str dict list set'
).split(' ')

/** Whether a string is a valid name in Python. */
export function isPythonName(text: string): boolean {
  return /^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(text) && !KEYWORDS.has(text)
}

/** Returns the name of every type and service in the module, by its name in the description. */
export function pythonNames(description: Description): ReadonlyMap<string, string> {
  const names = new UniqueNames(PYTHON_IMPORTS)
  const all = [...description.types.map(({ name }) => name), ...description.services.map(({ constant }) => constant)]
  return new Map(
    all.map((name) => {
      const fit = isPythonName(name) ? name : constantCase(name).replaceAll('$', '_')
      const own = isPythonName(fit) ? fit : `${fit}_`
      return [name, names.take(own, `${own}_`)]
    }),
  )
}

/** Returns the names of the members of an enum. Names that Python refuses are changed, since they are not on the wire. */
export function memberNames(members: readonly { readonly name: string }[]): readonly string[] {
  const names = new UniqueNames(['mro', 'name', 'value'])
  return members.map(({ name }) => {
    const fit = name.replace(/[^\p{ID_Continue}]/gu, '_').replace(/^(?![\p{ID_Start}_])/u, '_')
    // Python reserves names with underscores at both ends.
    const own = !isPythonName(fit) || /^_.*_$/.test(fit) ? `${fit.replaceAll(/^_+|_+$/g, '')}_` : fit
    return names.take(own, `${own}_`)
  })
}
