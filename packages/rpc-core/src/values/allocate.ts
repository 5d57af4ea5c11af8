/** Shorter arrays are cheaper from V8, which fills them with zeros. */
const LEAST_BYTES = 4_096

interface UnsafeMemory {
  readonly allocUnsafeSlow?: (size: number) => Uint8Array
}

/**
 * Returns bytes of any content: without the zeros of `new Uint8Array` where the platform can do without, which takes long for
 * large arrays. Every byte has to be written before it is read, or passed on.
 */
export function allocate(size: number): Uint8Array {
  const { Buffer } = globalThis as { readonly Buffer?: UnsafeMemory }
  if (size < LEAST_BYTES || typeof Buffer?.allocUnsafeSlow !== 'function') return new Uint8Array(size)
  // Not of a pool: the array has its buffer for itself.
  const { buffer, byteOffset } = Buffer.allocUnsafeSlow(size)
  // Without the class `Buffer`, whose `slice` shares memory.
  return new Uint8Array(buffer, byteOffset, size)
}
