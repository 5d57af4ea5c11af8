import { TransportError } from '@aster/rpc-core'

export function misuse(message: string): TransportError {
  return new TransportError('misuse', message)
}

/** A code of a reset, stop or close as QUIC carries it. Throws `TransportError` for a number that it does not. */
export function codeOf(code: number): bigint {
  if (Number.isSafeInteger(code) && code >= 0) return BigInt(code)
  throw misuse(`the code is ${code}; expected an integer from 0 to 2^53 - 1`)
}
