import * as v from 'valibot'
import type { Kind } from './kind.ts'

/** One of a few lower-case words, read in any case. */
export function choice<const Words extends readonly string[]>(...words: Words): Kind<Words[number]> {
  const expected = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
  const text = v.pipe(v.string(expected), v.trim(), v.toLowerCase(), v.picklist(words, expected))
  // Any case is accepted at run time, but the type of the option has the lower-case words alone.
  const value = text as v.GenericSchema<Words[number], Words[number]>
  return { type: words.map((word) => `\`${word}\``).join(', '), text, value }
}
