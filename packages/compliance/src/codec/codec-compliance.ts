import type { Codec } from '@aster/rpc-core'
import { SerializationMode } from '@aster/rpc-core'
import { describe, expect } from 'vitest'
import { refusals } from './refusals.ts'
import { roundTrips } from './round-trips.ts'
import { type CodecComplianceOptions, suiteOf } from './suite.ts'
import { totality } from './totality.ts'

/**
 * What every codec must do, as a vitest suite: carry each type with its edge values, complete defaults, refuse with
 * paths, take any bytes without harm, and share no memory. `make` is called anew for each case.
 */
export function codecCompliance(name: string, make: () => Codec, options: CodecComplianceOptions = {}): void {
  describe(`codec compliance: ${name}`, () => {
    const suite = suiteOf(make, options)
    suite.test('has one of the modes of the protocol', () => {
      expect(Object.values(SerializationMode)).toContain(make().mode)
    })
    roundTrips(suite)
    refusals(suite)
    totality(suite)
    suite.end()
  })
}
