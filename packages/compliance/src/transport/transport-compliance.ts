import { describe } from 'vitest'
import { bytes } from './bytes.ts'
import { connections } from './connections.ts'
import { endings } from './endings.ts'
import { streams } from './streams.ts'
import { suiteOf, type TransportSetup } from './under-test.ts'

/**
 * What every transport must do, as a vitest suite: connections, streams, bytes and backpressure, reset and stop, and
 * errors for misuse. `setup` is called anew for each case.
 */
export function transportCompliance<Address>(name: string, setup: TransportSetup<Address>): void {
  describe(`transport compliance: ${name}`, () => {
    const suite = suiteOf(setup)
    describe('connections', () => connections(suite))
    describe('streams', () => streams(suite))
    describe('bytes', () => bytes(suite))
    describe('endings', () => endings(suite))
  })
}
