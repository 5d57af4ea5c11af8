/**
 * The only file that imports the addon. The addon is loaded when the first transport is bound, since it takes the
 * number of its threads from the environment while it loads.
 */
import type * as iroh from '@number0/iroh'
import { availableParallelism } from 'node:os'
import { runNeutral } from '@aster/rpc-core/protocol'
import { addonMissingError } from './addon-missing.ts'

export type Native = typeof iroh
export type NativeAddr = iroh.EndpointAddr
export type NativeBiStream = iroh.BiStream
export type NativeConnection = iroh.Connection
export type NativeEndpoint = iroh.Endpoint
export type NativeIncoming = iroh.Incoming
export type PathSnapshot = iroh.PathSnapshot
export type NativeRecvStream = iroh.RecvStream
export type NativeSendStream = iroh.SendStream

let loaded: Promise<Native> | undefined

/**
 * Loads `@number0/iroh`.
 *
 * @throws AsterError if there is no binary for this platform, or it cannot be loaded
 */
export function loadNative(): Promise<Native> {
  return (loaded ??= runNeutral(load))
}

const WORKERS = 'TOKIO_WORKER_THREADS'

/**
 * On one or two cores, a single tokio thread leaves the other core to JavaScript. The addon reads the variable while it
 * loads; child processes must not inherit it. A value that the user has set stays.
 */
async function load(): Promise<Native> {
  const few = availableParallelism() <= 2 && process.env[WORKERS] === undefined
  if (few) process.env[WORKERS] = '1'
  try {
    return await import('@number0/iroh')
  } catch (error) {
    throw addonMissingError(error)
  } finally {
    if (few) delete process.env[WORKERS]
  }
}
