import type { IrohPath } from '@aster/transport-iroh'
import { startOn } from './network.ts'

/** The state of the producer. */
export interface ProducerInfo {
  readonly ticket: string
  readonly address: string
  readonly endpointTicket: string
  readonly endpointAddr: string
  readonly relayUrl?: string
  readonly events: readonly { channel: string; relayUrl?: string }[]
  readonly log: readonly { level: string; message: string; relay?: string }[]
}

/** The outcomes of the consumer's streams, calls and session. */
export interface LoadResult {
  readonly items: number
  readonly calls: number
  readonly sessionCalls: number
  /** The longest silence of a stream, in milliseconds. */
  readonly gapMs: number
  /** The errors that the caller received. */
  readonly failures: readonly string[]
  /** The messages that were lost or doubled without an error. */
  readonly wrong: readonly string[]
  readonly answered: number
}

/** The numbers that the producer received. */
export interface Noted {
  readonly count: number
  readonly doubled: readonly number[]
}

export type Progress = Pick<LoadResult, 'items' | 'calls' | 'sessionCalls' | 'failures'>

type Settings = Readonly<Record<string, string>>

export function startProducer(env?: Settings) {
  const { ask, stop } = startOn('producer', './producer.mjs', env)
  return {
    start: () => ask('start') as Promise<ProducerInfo & { ms: number }>,
    info: () => ask('info') as Promise<ProducerInfo>,
    noted: () => ask('noted') as Promise<Noted>,
    stop,
  }
}

export function startConsumer(env?: Settings) {
  const { ask, stop } = startOn('consumer', './consumer.mjs', env)
  return {
    connect: (endpointAddr: string, connectTimeoutMs?: number) =>
      ask('connect', { endpointAddr, connectTimeoutMs }) as Promise<{ ms: number; paths: readonly IrohPath[] }>,
    paths: () => ask('paths') as Promise<readonly IrohPath[]>,
    call: () => ask('call') as Promise<{ text: string; ms: number; dialMs: number }>,
    text: (length: number) => ask('text', length) as Promise<number>,
    cut: () => ask('cut'),
    load: () => ask('load'),
    progress: () => ask('progress') as Promise<Progress>,
    endLoad: () => ask('endLoad') as Promise<LoadResult>,
    stop,
  }
}

/** Returns a function that tells whether every part of a load has made progress. */
export function hasMoved(since: Progress): (now: Progress) => boolean {
  return (now) =>
    now.items > since.items + 20 && now.calls > since.calls + 10 && now.sessionCalls > since.sessionCalls + 10
}

/** Prints a line of figures in the output of the tests. */
export function report(what: string, figures: Readonly<Record<string, unknown>>): void {
  console.log(`relay: ${what}: ${JSON.stringify(figures)}`)
}
