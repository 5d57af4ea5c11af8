import { LIMITS } from '../limits.ts'
import { describe, quoted } from '../values/describe.ts'

export type PathSegment = string | number

export interface Issue {
  readonly path: readonly PathSegment[]
  readonly message: string
}

/** Issues that are collected before a check ends. */
const MAX_ISSUES = 10

/** Collects what does not fit while a value is checked against its type. */
export class Checker {
  readonly issues: Issue[] = []
  #path: PathSegment[] = []

  /**
   * Checks a part of the value; `segment` is its field name, key or index. Once there are issues enough nothing more is
   * looked at: a value that contains itself twice would else take for ever.
   */
  enter<T>(segment: PathSegment, run: () => T): T {
    if (this.issues.length >= MAX_ISSUES) return undefined as never
    this.#path.push(segment)
    try {
      if (this.#path.length > LIMITS.nestingDepth) return this.fail(`nested deeper than ${LIMITS.nestingDepth} levels`)
      return run()
    } finally {
      this.#path.pop()
    }
  }

  mismatch(expected: string, found: unknown): never {
    return this.fail(`expected ${expected}, found ${describe(found)}`)
  }

  /** Notes an issue at the current path. The return value is not a value: what `check` gives then is thrown away. */
  fail(message: string): never {
    if (this.issues.length < MAX_ISSUES) this.issues.push({ path: [...this.#path], message })
    return undefined as never
  }
}

/** `points[2].x: expected an integer (int), found a string`; the message alone for the value as a whole. */
export function formatIssue({ path, message }: Issue): string {
  return path.length === 0 ? message : `${formatPath(path)}: ${message}`
}

/** Characters of one key in a path. */
const MAX_KEY = 40
/** Characters of a path: the beginning says most. */
const MAX_PATH = 400
/** Field names of one's own may be longer than the keys of a peer, which are quoted, and cut before. */
const NAME = /^[\p{L}_$][\p{L}\p{N}_$]{0,127}$/u

/** `['points', 2, 'x']` → `points[2].x`; keys that are no identifiers are quoted and cut, and so is a path that is too long. */
export function formatPath(path: readonly PathSegment[]): string {
  let text = ''
  for (const segment of path) {
    if (text.length > MAX_PATH) return `${text}…`
    if (typeof segment === 'number') text += `[${segment}]`
    else if (NAME.test(segment)) text += text === '' ? segment : `.${segment}`
    else text += `[${quoted(segment, MAX_KEY)}]`
  }
  return text
}

/** The key of a map in a path; keys that are objects have no text that says which. */
export function keySegment(key: unknown): PathSegment {
  if (typeof key === 'number') return key
  return (typeof key === 'object' && key !== null) || typeof key === 'function' ? describe(key) : String(key)
}
