import { describe } from 'vitest'
import { testBytes } from './bytes.ts'
import { testConnections } from './connections.ts'
import { testEndings } from './endings.ts'
import { testStreams } from './streams.ts'
import { createSuite, type TransportSetup } from './under-test.ts'
import { testWithoutPromises } from './without-promises.ts'

/**
 * Registers the vitest suite that every `Transport` must pass: connections, streams, bytes and backpressure, reset and stop, and
 * errors for misuse. `setup` is called for each case.
 */
export function transportCompliance<Address>(name: string, setup: TransportSetup<Address>): void {
  describe(`transport compliance: ${name}`, () => {
    const suite = createSuite(setup)
    describe('connections', () => testConnections(suite))
    describe('streams', () => testStreams(suite))
    describe('bytes', () => testBytes(suite))
    describe('endings', () => testEndings(suite))
    describe('without promises', () => testWithoutPromises(suite))
  })
}
