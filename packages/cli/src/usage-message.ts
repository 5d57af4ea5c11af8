import { maskKeys } from './output/escape.ts'

/**
 * Returns commander's message on one line, in the style of this tool: `unknown option '--exires' (did you mean --expires?)`.
 * A word that may be a key is not repeated.
 */
export function usageMessage(text: string): string {
  const [first = '', ...rest] = text
    .trim()
    .replace(/^error: /, '')
    .split('\n')
  const hint = rest.join(' ').replace(/^\(Did/, '(did')
  return maskKeys([first, hint].filter(Boolean).join(' '))
}
