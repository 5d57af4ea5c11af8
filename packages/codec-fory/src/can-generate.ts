let allowed: boolean | undefined

/** Whether functions may be made from source text; a content security policy may forbid it. */
export function canGenerate(): boolean {
  if (allowed === undefined) {
    try {
      allowed = new Function('return true')() === true
    } catch {
      allowed = false
    }
  }
  return allowed
}
