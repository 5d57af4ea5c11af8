/**
 * The `Transport` contract of Aster in memory, for tests and for programs that are both peers of a call.
 *
 * @example
 * ```ts
 * import { memoryPair } from '@aster/transport-memory'
 *
 * const [consumer, producer] = memoryPair()
 * const stream = await consumer.openStream()
 * await stream.write(new TextEncoder().encode('hello'), { finish: true })
 * for await (const incoming of producer.incomingStreams()) {
 *   console.log(new TextDecoder().decode(await incoming.read())) // prints hello
 *   break
 * }
 * ```
 *
 * @packageDocumentation
 */
export type { Fault, Faults, WriteContext } from './faults.ts'
export { MemoryConnection } from './memory-connection.ts'
export { MemoryNetwork, MemoryTransport } from './memory-network.ts'
export { memoryPair, type MemoryPairOptions } from './memory-pair.ts'
export type { MemoryOptions } from './options.ts'
