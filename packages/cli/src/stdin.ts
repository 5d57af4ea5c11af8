import { describeSystemError } from '@aster/rpc-core/schema'
import { CliError, usageError } from './cli-error.ts'
import type { CommandIo } from './io.ts'

/** The largest number of bytes that are read, far more than any key, credential or identity file has. */
const MAX_BYTES = 1_048_576

/**
 * Reads all of stdin, for an option or argument that is `-`. Throws if stdin is a terminal, which would show a secret as it is
 * typed.
 */
export async function readStdin({ stdin }: CommandIo, option: string): Promise<string> {
  if (stdin?.isTTY === true)
    throw usageError(option, '- reads from a pipe, and stdin is a terminal; name a file, or pipe one in')
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  try {
    for await (const piece of stdin ?? []) {
      text += typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true })
      if (text.length > MAX_BYTES) throw new CliError(`${option}: stdin has more than ${MAX_BYTES} characters`)
    }
    text += decoder.decode()
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError(`${option}: stdin: expected UTF-8, found ${describeSystemError(error, 'read')}`)
  }
  if (text.trim() === '') throw new CliError(`${option}: stdin is empty`)
  return text
}
