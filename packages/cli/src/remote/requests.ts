import { describeSystemError } from '@aster/rpc-core/schema'
import { CliError } from '../cli-error.ts'
import type { CommandIo } from '../io.ts'
import { parseJson } from './json-text.ts'

/** The largest number of characters in one line of stdin. A message has at most 16 MiB. */
const MAX_LINE = 67_108_864

/** A request of the command line or of stdin, with its name in messages. */
export interface Request {
  readonly label: string
  readonly text: string
}

/** @throws CliError if the text is not JSON */
export function valueOf({ label, text }: Request): unknown {
  return parseJson(text, label)
}

/** Returns the requests of the arguments; `{}` if there are no arguments. */
export function argumentRequests(args: readonly string[]): readonly Request[] {
  const given = args.length === 0 ? ['{}'] : args
  return given.map((text, i) => ({ label: given.length === 1 ? 'request' : `request ${i + 1}`, text }))
}

/**
 * Yields the requests of a command: its arguments, else one for each line of stdin. Lines that arrive together are yielded together.
 *
 * @param args the arguments; a single `-` stands for stdin
 */
export async function* readRequests(
  io: CommandIo,
  args: readonly string[],
  repeat: number,
): AsyncGenerator<readonly Request[]> {
  if (!isFromStdin(io, args)) {
    const requests = argumentRequests(args)
    for (let i = 0; i < repeat; i++) yield requests
    return
  }
  let line = 0
  for await (const lines of linesOf(io)) {
    yield lines.flatMap((text) => {
      line += 1
      return text.trim() === '' ? [] : [{ label: `line ${line}`, text }]
    })
  }
}

/** Whether requests are read from stdin: if `-` is given, or if no request is given and stdin is not a terminal. */
export function isFromStdin({ stdin }: CommandIo, args: readonly string[]): boolean {
  if (args.length === 1 && args[0] === '-') return true
  return args.length === 0 && stdin !== undefined && stdin.isTTY !== true
}

/** Yields the lines of stdin as they arrive. */
async function* linesOf({ stdin }: CommandIo): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  try {
    for await (const piece of stdin ?? []) {
      const lines = (rest + (typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true }))).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > MAX_LINE) throw new CliError(`stdin: a line has more than ${MAX_LINE} characters`)
      yield lines
    }
    rest += decoder.decode()
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError(`stdin: expected UTF-8, found ${describeSystemError(error, 'read')}`)
  }
  if (rest !== '') yield [rest]
}

/** Yields the items of `items`. Throws the reason of the signal as soon as it aborts, even while the next item is awaited. */
export async function* untilAborted<T>(items: AsyncGenerator<T>, signal: AbortSignal): AsyncGenerator<T> {
  let abort = (): void => {}
  const onAbort = (): void => abort()
  signal.addEventListener('abort', onAbort)
  try {
    for (;;) {
      signal.throwIfAborted()
      const next = await new Promise<IteratorResult<T, unknown>>((resolve, reject) => {
        abort = () => reject(signal.reason as Error)
        items.next().then(resolve, reject)
      })
      if (next.done === true) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    // An iterator that waits for its next item ends only when that item arrives, so that `return` is not awaited.
    void items.return(undefined).catch(() => {})
  }
}
