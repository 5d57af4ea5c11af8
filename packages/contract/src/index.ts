/**
 * Computes the contract id of a service: the BLAKE3 hash of a canonical description of its methods and messages. Python
 * computes the same id for the same definition.
 *
 * @example
 * ```ts
 * import { contractId } from '@aster/contract'
 * import { defineService, t, unary } from '@aster/rpc-core'
 *
 * const Point = t.struct('geo/Point', { x: t.int, y: t.int })
 * const Geo = defineService({ name: 'Geo', methods: { mirror: unary(Point, Point) } })
 * console.log(contractId(Geo).length) // prints 64
 * ```
 *
 * @packageDocumentation
 */
export { canonicalContract, contractId, type ContractOptions } from './contract-id.ts'
