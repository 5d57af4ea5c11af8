/**
 * Fory XLANG for Aster: byte for byte what pyfory 0.16 and 0.17 write and read.
 *
 * @example
 * ```ts
 * import { ForyCodec } from '@aster/codec-fory'
 * import { t } from '@aster/rpc-core'
 *
 * const Point = t.struct('demo/Point', { x: t.int, label: t.string })
 * const codec = new ForyCodec()
 * console.log(codec.decode(Point, codec.encode(Point, { x: 1 }))) // prints { x: 1, label: '' }
 * ```
 *
 * @packageDocumentation
 */
export { ForyCodec, type ForyCodecOptions } from './fory-codec.ts'
export { fixedInt32, fixedInt64, fixedUint32, fixedUint64, taggedInt64, taggedUint64 } from './layout/number-format.ts'
export { isTyped, Typed, typed } from './typed.ts'
