let allowed: boolean | undefined

/** Returns whether functions may be created from source text, which a content security policy can forbid. */
export function canCompile(): boolean {
  if (allowed === undefined) {
    try {
      allowed = compileFunction('return () => true', {})() === true
    } catch {
      allowed = false
    }
  }
  return allowed
}

/** Runs source text that returns a function. `names` has the values that the text may use beside the language. */
export function compileFunction(
  source: string,
  names: Readonly<Record<string, unknown>>,
): (...values: never[]) => unknown {
  // The text is made of constants, numbers and JSON strings alone.
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function(...Object.keys(names), `'use strict'\n${source}`)(...Object.values(names)) as () => unknown
}
