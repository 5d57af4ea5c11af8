/**
 * Zstandard compression for Aster. It uses `node:zlib` if that has zstd (Node 22.15, 23.8 and later), else WebAssembly.
 *
 * @example
 * ```ts
 * import { createZstd } from '@aster/compression-zstd'
 *
 * const zstd = await createZstd()
 * const small = zstd.compress(new Uint8Array(100_000))
 * console.log(zstd.decompress(small, 16_777_216).length) // prints 100000
 * ```
 *
 * @packageDocumentation
 */
export { createZstd, type ZstdOptions } from './create-zstd.ts'
export { lazyZstd } from './lazy-zstd.ts'
