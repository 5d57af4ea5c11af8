/** `maybe_text` → `maybeText`, `URLPath` → `urlPath`: the TypeScript name of a wire name. Underscores at both ends stay. */
export function camelCase(wireName: string): string {
  const [, start = '', middle = '', end = ''] = /^(_*)(.*?)(_*)$/s.exec(wireName) ?? []
  // A text without lower case is written in capitals.
  const body = middle.includes('_') && !/\p{Ll}/u.test(middle) ? middle.toLowerCase() : middle
  const joined = body.replace(/_+(.)/gsu, (_, next: string) => next.toUpperCase())
  // Capitals at the beginning, but for the one that begins the next word.
  return start + joined.replace(/^\p{Lu}+(?=\p{Lu}\p{Ll}|$)|^\p{Lu}+/u, (capitals) => capitals.toLowerCase()) + end
}

/** `hello-service` → `HelloService`: a name for a constant. */
export function constantCase(name: string): string {
  const words = name.split(/[^\p{L}\p{N}_$]+/u).filter((word) => word !== '')
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return /^[\p{L}_$]/u.test(joined) ? joined : `_${joined}`
}

/** Returns whether a text may stand in TypeScript as the name of a constant, but for words of the language. */
export function isIdentifier(text: string): boolean {
  return /^[\p{ID_Start}_$][\p{ID_Continue}$\u200c\u200d]*$/u.test(text)
}

/** Gives each of several things a name of its own. */
export class UniqueNames {
  readonly #taken: Set<string>

  /** @param taken names that none of them may have */
  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken)
  }

  /** Takes the first of the candidates that is free, else the last with a number or underscore behind. */
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
