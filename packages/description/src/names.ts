/**
 * Returns the TypeScript name of a wire name: `maybeText` for `maybe_text`, `urlPath` for `URLPath`. Underscores at both
 * ends stay.
 */
export function camelCase(wireName: string): string {
  const [, start = '', middle = '', end = ''] = /^(_*)(.*?)(_*)$/s.exec(wireName) ?? []
  // A name without lower-case letters is written in capitals.
  const body = middle.includes('_') && !/\p{Ll}/u.test(middle) ? middle.toLowerCase() : middle
  const joined = body.replace(/_+(.)/gsu, (_, next: string) => next.toUpperCase())
  // Leading capitals become lower case, except the one that begins the next word.
  return start + joined.replace(/^\p{Lu}+(?=\p{Lu}\p{Ll}|$)|^\p{Lu}+/u, (capitals) => capitals.toLowerCase()) + end
}

/** Returns the name of a constant: `HelloService` for `hello-service`. */
export function constantCase(name: string): string {
  const words = name.split(/[^\p{L}\p{N}_$]+/u).filter((word) => word !== '')
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return /^[\p{L}_$]/u.test(joined) ? joined : `_${joined}`
}

/** Returns whether a string has the form of a TypeScript identifier. Reserved words are not excluded. */
export function isIdentifier(text: string): boolean {
  return /^[\p{ID_Start}_$][\p{ID_Continue}$\u200c\u200d]*$/u.test(text)
}

/** Assigns names, each only once. */
export class UniqueNames {
  readonly #taken: Set<string>

  /** @param taken the names that must not be assigned */
  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken)
  }

  /**
   * Returns the first candidate that is free, or else the last one with a number appended, and takes that name.
   */
  take(...candidates: readonly string[]): string {
    const free = candidates.find((name) => !this.#taken.has(name)) ?? this.#numbered(candidates.at(-1) ?? '_')
    this.#taken.add(free)
    return free
  }

  #numbered(name: string): string {
    const start = /\d$/.test(name) ? `${name}_` : name
    for (let count = 2; ; count++) if (!this.#taken.has(start + count)) return start + count
  }
}
