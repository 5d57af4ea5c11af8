/**
 * Encodes the messages of Aster's RPC protocol as JSON.
 *
 * @example
 * ```ts
 * import { JsonCodec } from '@aster/codec-json'
 * import { t } from '@aster/rpc-core'
 *
 * const Point = t.struct('demo/Point', { x: t.int, label: t.string })
 * const codec = new JsonCodec()
 * console.log(codec.decode(Point, codec.encode(Point, { x: 1 }))) // prints { x: 1, label: '' }
 * ```
 *
 * @packageDocumentation
 */
export { JsonCodec, type JsonCodecOptions } from './json-codec.ts'
