import type { ByteStream } from '../transport.ts'

/** Abandons both halves of a stream with code 0. Data in flight may be lost, and the peer's reads and writes fail. */
export function abandonStream(stream: ByteStream): void {
  stream.reset(0)
  stream.stop(0)
}
