import { maskKeys } from './output/escape.ts'

/**
 * Commander's message on one line, as this tool writes its own: `unknown option '--exires' (did you mean --expires?)`.
 * What may be a key that was typed into the command line is not repeated.
 */
export function usageMessage(text: string): string {
  const [first = '', ...rest] = text
    .trim()
    .replace(/^error: /, '')
    .split('\n')
  const hint = rest.join(' ').replace(/^\(Did/, '(did')
  return maskKeys([first, hint].filter(Boolean).join(' '))
}
