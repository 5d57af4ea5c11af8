/**
 * Test suites that every implementation of Aster's `Transport`, `Codec` and `Compression` must pass. They need vitest.
 *
 * @example
 * ```ts
 * import { codecCompliance } from '@aster/compliance'
 * import { JsonCodec } from '@aster/codec-json'
 *
 * codecCompliance('JsonCodec', () => new JsonCodec())
 * ```
 *
 * @packageDocumentation
 */
export { arbitrarySchema, type ArbitrarySchemaOptions } from './codec/arbitrary-schema.ts'
export { arbitraryValue } from './codec/arbitrary-value.ts'
export { codecCompliance } from './codec/codec-compliance.ts'
export { type CodecComplianceOptions } from './codec/suite.ts'
export { schemaText } from './codec/values.ts'
export { compressionCompliance } from './compression/compression-compliance.ts'
export { transportCompliance } from './transport/transport-compliance.ts'
export { type TransportSetup, type TransportUnderTest } from './transport/under-test.ts'
