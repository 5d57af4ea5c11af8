import type { Codec } from '@aster/rpc-core'
import { SerializationMode } from '@aster/rpc-core'
import { describe, expect } from 'vitest'
import { testBounds } from './bounds.ts'
import { testChanges } from './changes.ts'
import { testRealms } from './realms.ts'
import { testRefusals } from './refusals.ts'
import { testRoundTrips } from './round-trips.ts'
import { type CodecComplianceOptions, createSuite } from './suite.ts'
import { testTotality } from './totality.ts'

/**
 * Registers the vitest suite that every `Codec` must pass: it carries each type with its edge values, also those of another
 * realm, fills in defaults, names the path of a value that it refuses, limits the number of values, reads messages of older and
 * newer definitions, survives any bytes, and shares no memory. `make` is called for each case.
 */
export function codecCompliance(name: string, make: () => Codec, options: CodecComplianceOptions = {}): void {
  describe(`codec compliance: ${name}`, () => {
    const suite = createSuite(make, options)
    suite.test('has one of the modes of the protocol', () => {
      expect(Object.values(SerializationMode)).toContain(make().mode)
    })
    testRoundTrips(suite)
    testRefusals(suite)
    testBounds(suite)
    testChanges(suite)
    testRealms(suite)
    testTotality(suite)
    suite.end()
  })
}
