import { type ByteStream, type Connection, TransportError } from '@aster/rpc-core'
import { ADMISSION_ALPN } from '@aster/rpc-core/protocol'
import { type MemoryConnection, memoryPair, type MemoryPairOptions } from '@aster/transport-memory'
import type { AdmissionDesk } from '../src/admission-desk.ts'

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A consumer's and a producer's end of a connection for admission. */
export function admissionPair(options: MemoryPairOptions = {}): [MemoryConnection, MemoryConnection] {
  return memoryPair({ alpn: ADMISSION_ALPN, ...options })
}

/** Resolves with the text up to the end of the stream, or with `undefined` if there are no bytes. */
export async function readAll(stream: ByteStream): Promise<string | undefined> {
  const decoder = new TextDecoder()
  let text = ''
  for (let piece = await stream.read(); piece !== undefined; piece = await stream.read()) {
    text += decoder.decode(piece, { stream: true })
  }
  return text === '' ? undefined : text
}

/** Sends bytes as a request. Resolves with the text of the answer, or with `undefined` if the stream ends without a byte. */
export async function ask(desk: AdmissionDesk, peer: string, request: Uint8Array): Promise<string | undefined> {
  const [consumer, producer] = admissionPair({ ids: [peer, 'producer'] })
  const attended = desk.attend(producer)
  const stream = await consumer.openStream()
  await stream.write(request, { finish: true }).catch((error: unknown) => {
    if (!(error instanceof TransportError) || error.kind !== 'stopped') throw error
  })
  const answer = await readAll(stream)
  consumer.close()
  await attended
  return answer
}

/** Resolves with the first stream that the peer opens. */
export async function firstStream(connection: Connection): Promise<ByteStream> {
  for await (const stream of connection.incomingStreams()) return stream
  throw new Error('the connection is gone')
}
