/** V8 allocates shorter arrays faster, even though it fills them with zeros. */
const LEAST_BYTES = 4_096

interface UnsafeMemory {
  readonly allocUnsafeSlow?: (size: number) => Uint8Array
}

/**
 * Returns a byte array of arbitrary content. If the platform can skip the zeros of `new Uint8Array`, a large array is
 * allocated much faster. The caller must write every byte before it reads it or passes it on.
 */
export function allocate(size: number): Uint8Array {
  const { Buffer } = globalThis as { readonly Buffer?: UnsafeMemory }
  if (size < LEAST_BYTES || typeof Buffer?.allocUnsafeSlow !== 'function') return new Uint8Array(size)
  // `allocUnsafeSlow` does not use the pool: the array does not share its buffer.
  const { buffer, byteOffset } = Buffer.allocUnsafeSlow(size)
  // The class is not `Buffer`, whose `slice` shares memory.
  return new Uint8Array(buffer, byteOffset, size)
}
