import type { ByteStream } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'
import { AdmissionError } from './errors.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Returns the whole message of the peer, or `undefined` if the stream ends without a byte. */
export async function readMessage(stream: ByteStream, what: string, onBytes?: () => void): Promise<string | undefined> {
  const pieces: Uint8Array[] = []
  let total = 0
  for (let piece = await stream.read(); piece !== undefined; piece = await stream.read()) {
    onBytes?.()
    total += piece.length
    if (total > LIMITS.admissionMessage) {
      stream.stop(0)
      throw new AdmissionError(`${what}: over the limit of ${LIMITS.admissionMessage} bytes`)
    }
    pieces.push(piece)
  }
  if (total === 0) return undefined
  const bytes = new Uint8Array(total)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  try {
    return decoder.decode(bytes)
  } catch (error) {
    throw new AdmissionError(`${what}: expected UTF-8`, { cause: error })
  }
}
