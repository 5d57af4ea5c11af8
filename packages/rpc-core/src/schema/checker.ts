import { LIMITS } from '../limits.ts'
import { describe, quoted } from '../values/describe.ts'

/** A step on the path to a part of a value: the name of a field, a key, or an index. */
export type PathSegment = string | number

/** A part of a value that does not fit its type. */
export interface Issue {
  /** The steps to the part; empty if the value as a whole does not fit. */
  readonly path: readonly PathSegment[]
  /** The message: the expectation and the finding. */
  readonly message: string
}

/** The number of issues after which a check ends. */
const MAX_ISSUES = 10

/** Collects issues while a value is checked against its type. */
export class Checker {
  /** The issues so far, at most 10. */
  readonly issues: Issue[] = []
  #path: PathSegment[] = []

  /**
   * Checks a part of the value. After 10 issues it checks nothing further, since checking a value that contains itself
   * twice would never end.
   *
   * @param segment the field name, key or index of the part
   * @param run checks the part
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

  /** Adds an issue: `expected …, found …`. */
  mismatch(expected: string, found: unknown): never {
    return this.fail(`expected ${expected}, found ${describe(found)}`)
  }

  /**
   * Adds an issue at the current path. The return value is a placeholder: the result of a check with issues is discarded.
   */
  fail(message: string): never {
    if (this.issues.length < MAX_ISSUES) this.issues.push({ path: [...this.#path], message })
    return undefined as never
  }
}

/**
 * Formats an issue: `points[2].x: expected an integer (int), found a string`, or the message alone for the value as a
 * whole.
 */
export function formatIssue({ path, message }: Issue): string {
  return path.length === 0 ? message : `${formatPath(path)}: ${message}`
}

/** The most characters of one key in a path. */
const MAX_KEY = 40
/** The most characters of a path. Longer paths lose their end, since the beginning is the most useful part. */
const MAX_PATH = 400
/**
 * A field name, which stands unquoted and may be longer than `MAX_KEY`. Any other key may come from a peer, and is quoted
 * and cut.
 */
const NAME = /^[\p{L}_$][\p{L}\p{N}_$]{0,127}$/u

/**
 * Formats a path: `['points', 2, 'x']` becomes `points[2].x`. A key that is not an identifier is quoted and cut, and a long
 * path is cut.
 */
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

/**
 * Returns a path segment for the key of a map. A key that is an object is only described, since it has no string form of
 * its own.
 */
export function keySegment(key: unknown): PathSegment {
  if (typeof key === 'number') return key
  return (typeof key === 'object' && key !== null) || typeof key === 'function' ? describe(key) : String(key)
}
