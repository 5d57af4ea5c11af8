export { ForyCodec, type ForyCodecOptions } from './fory-codec.ts'
export { fixedInt32, fixedInt64, fixedUint32, fixedUint64, taggedInt64, taggedUint64 } from './number-format.ts'
export { isTyped, Typed, typed } from './typed.ts'
