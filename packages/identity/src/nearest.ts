import { IdentityError, quoted, type SourceOptions } from './identity-error.ts'

/** The known name that is most like this one, if any is alike enough to be meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const limit = name.length > 5 ? 3 : 2
  const [best] = known
    .map((candidate) => ({ candidate, distance: distanceOf(name.toLowerCase(), candidate) }))
    .filter(({ distance }) => distance < limit)
    .toSorted((a, b) => a.distance - b.distance)
  return best?.candidate
}

/** Throws `IdentityError` for a key that is not known, with the one that may be meant. */
export function refuseUnknownKeys(
  table: object,
  known: readonly string[],
  at: string,
  { source }: SourceOptions,
): void {
  const key = Object.keys(table).find((name) => !known.includes(name))
  if (key === undefined) return
  const meant = nearest(key, known)
  const expected = meant === undefined ? `one of ${known.join(', ')}` : meant
  const name = /^[\w.-]{1,60}$/.test(key) ? key : quoted(key)
  throw new IdentityError({ field: at + name, source, expected, found: `the unknown key ${quoted(key)}` })
}

/** Levenshtein distance. */
function distanceOf(a: string, b: string): number {
  // A name of this length is like none that is known; the work grows with the product of the lengths.
  if (a.length > 64) return a.length
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
