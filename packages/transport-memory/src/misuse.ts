import { TransportError } from '@aster/rpc-core'

export function misuse(message: string): TransportError {
  return new TransportError('misuse', message)
}

/** Throws `TransportError` for a code that QUIC does not carry either. */
export function checkCode(code: number): void {
  if (!Number.isSafeInteger(code) || code < 0)
    throw misuse(`the code is ${code}; expected an integer from 0 to 2^53 - 1`)
}
