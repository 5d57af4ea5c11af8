import { describeSystemError } from '@aster/rpc-core/schema'
import { CliError } from '../cli-error.ts'
import type { CommandIo } from '../io.ts'
import { parseJson } from './json-text.ts'

/** Characters of one line of stdin: a message has at most 16 MiB. */
const MAX_LINE = 67_108_864

/** A request of the command line or of stdin, and what it is called in messages. */
export interface Request {
  readonly label: string
  readonly text: string
}

/** @throws CliError for a text that is no JSON */
export function valueOf({ label, text }: Request): unknown {
  return parseJson(text, label)
}

/** The requests of arguments: `{}` if there are none. */
export function argumentRequests(texts: readonly string[]): readonly Request[] {
  const given = texts.length === 0 ? ['{}'] : texts
  return given.map((text, i) => ({ label: given.length === 1 ? 'request' : `request ${i + 1}`, text }))
}

/**
 * Yields the requests of a command, those that come at once together: its arguments, else a request for each line of stdin.
 *
 * @param texts the arguments; `-` alone is stdin as well
 */
export async function* readRequests(
  io: CommandIo,
  texts: readonly string[],
  repeat: number,
): AsyncGenerator<readonly Request[]> {
  if (!isFromStdin(io, texts)) {
    const requests = argumentRequests(texts)
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

/** Whether requests are read from stdin: it is a pipe or file, and no request is given. */
export function isFromStdin({ stdin }: CommandIo, texts: readonly string[]): boolean {
  if (texts.length === 1 && texts[0] === '-') return true
  return texts.length === 0 && stdin !== undefined && stdin.isTTY !== true
}

/** Yields the lines of stdin as they come. */
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

/** Yields what `items` does; throws the reason of the signal as soon as it aborts, though the next item has not come. */
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
    // One that waits for its next item ends when that comes.
    void items.return(undefined).catch(() => {})
  }
}
