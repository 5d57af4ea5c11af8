import type { ByteStream, TransportError } from '@aster/rpc-core'
import type { NativeBiStream } from './native.ts'
import { RecvHalf } from './recv-half.ts'
import { SendHalf } from './send-half.ts'

export class IrohStream implements ByteStream {
  readonly #send: SendHalf
  readonly #recv: RecvHalf

  constructor(native: NativeBiStream, errorOf: (error: unknown) => TransportError) {
    this.#send = new SendHalf(native.send, errorOf)
    this.#recv = new RecvHalf(native.recv, errorOf)
  }

  read(): Promise<Uint8Array | undefined> {
    return this.#recv.read()
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
