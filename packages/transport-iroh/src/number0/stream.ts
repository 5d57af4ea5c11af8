import type { ByteStream } from '@aster/rpc-core'
import type { NativeBiStream } from './native.ts'
import { RecvHalf } from './recv-half.ts'
import { SendHalf, type StreamContext } from './send-half.ts'

export class Number0Stream implements ByteStream {
  readonly #send: SendHalf
  readonly #recv: RecvHalf

  constructor(native: NativeBiStream, connection: StreamContext) {
    this.#send = new SendHalf(native.send, connection)
    this.#recv = new RecvHalf(native.recv, connection)
  }

  read(maxBytes?: number): Promise<Uint8Array | undefined> {
    return this.#recv.read(maxBytes)
  }

  write(bytes: Uint8Array, { finish = false }: { finish?: boolean } = {}): Promise<void> {
    return this.#send.write(bytes, finish)
  }

  finish(): Promise<void> {
    return this.#send.finish()
  }

  reset(code: number): void {
    this.#send.reset(code)
  }

  stop(code: number): void {
    this.#recv.stop(code)
  }
}
