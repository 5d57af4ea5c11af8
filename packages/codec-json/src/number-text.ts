/**
 * Returns a float as JSON, or as one of Python's words `NaN`, `Infinity` and `-Infinity`. A large integral value is written
 * with a fraction, so that no reader takes it for an integer with that many exact digits. See quirk 32 of docs/python-0.1.md.
 */
export function numberText(value: number): string {
  const text = String(value)
  if (Number.isSafeInteger(value) ? Object.is(value, -0) : Number.isInteger(value) && !text.includes('e')) {
    return value === 0 ? '-0.0' : `${text}.0`
  }
  return text
}

/** Returns the float of a string that `numberText` returns, or `undefined` for any other string. */
export function parseNumberText(text: string): number | undefined {
  if (text === 'NaN') return Number.NaN
  if (/^-?(?:Infinity|(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(text)) return Number(text)
  return undefined
}
