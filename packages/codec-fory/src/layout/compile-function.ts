let allowed: boolean | undefined

/** Whether functions may be made from source text; a content security policy may forbid it. */
export function canGenerate(): boolean {
  if (allowed === undefined) {
    try {
      allowed = functionFrom('return () => true', {})() === true
    } catch {
      allowed = false
    }
  }
  return allowed
}

/** Runs source text that returns a function; `names` are what it may use beside the language. */
export function functionFrom(
  source: string,
  names: Readonly<Record<string, unknown>>,
): (...values: never[]) => unknown {
  // The text is made of constants, numbers and JSON strings alone.
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function(...Object.keys(names), `'use strict'\n${source}`)(...Object.values(names)) as () => unknown
}
