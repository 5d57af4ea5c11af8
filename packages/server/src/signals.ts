import process from 'node:process'
import { isObject } from '@aster/rpc-core/schema'

/** What a server does with the signals that end a process. */
export interface SignalOptions {
  /** Milliseconds that running calls have. @default 25,000: less than the 30 s after which Kubernetes kills */
  readonly graceMs?: number | undefined
}

/** The time for running calls by default. */
const DEFAULT_GRACE_MS = 25_000

/** Those of service managers and containers, and of Ctrl-C. */
const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** Whether a value is one for the option `signals`. */
export function isSignalOption(value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return true
  if (!isObject(value) || Object.keys(value).some((name) => name !== 'graceMs')) return false
  const { graceMs } = value
  return graceMs === undefined || (typeof graceMs === 'number' && graceMs >= 0)
}

/**
 * Calls `drain` with the first signal that asks the process to end. From then on signals have their default effect again: a
 * second one ends the process at once. Returns a function that stops listening.
 */
export function onEndSignal(
  signals: boolean | SignalOptions | undefined,
  drain: (signal: string, graceMs: number) => void,
): () => void {
  if (signals === undefined || signals === false) return () => {}
  const { graceMs = DEFAULT_GRACE_MS } = signals === true ? {} : signals
  const stop = (): void => {
    for (const name of SIGNALS) process.off(name, listener)
  }
  const listener = (signal: string): void => {
    stop()
    drain(signal, graceMs)
  }
  for (const name of SIGNALS) process.on(name, listener)
  return stop
}
