import { constantCase, type Description, isIdentifier, UniqueNames } from '@aster/description'

/** Words that cannot be names of constants or types, and names that generated code uses for other things. */
const RESERVED = [
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for',
  'function if implements import in instanceof interface let new null package private protected public return static super switch this',
  'throw true try typeof undefined var void while with yield NaN Infinity',
  'any bigint boolean never number object string symbol unknown',
  'Array Date Map Readonly ReadonlyMap ReadonlySet Record Set Uint8Array',
].flatMap((line) => line.split(' '))

/** Returns the name of every type and service in code, by its name in the description. */
export function namesInCode(description: Description, imports: Iterable<string>): ReadonlyMap<string, string> {
  const names = new UniqueNames([...RESERVED, ...imports])
  const all = [...description.types.map(({ name }) => name), ...description.services.map(({ constant }) => constant)]
  return new Map(
    all.map((name) => {
      // A description may come from a peer: a string that is not a valid name must not become code.
      const fit = isIdentifier(name) && !/[\u200c\u200d]/.test(name) ? name : constantCase(name)
      const own = isIdentifier(fit) ? fit : 'Unnamed'
      return [name, names.take(own, `${own}_`)]
    }),
  )
}
