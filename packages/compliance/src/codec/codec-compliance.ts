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
 * What every codec must do, as a vitest suite: carry each type with its edge values, also those of another
 * realm, complete defaults, refuse with paths, limit the number of values, put up with changes, take any bytes without harm, and share no memory. `make` is called anew for each case.
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
