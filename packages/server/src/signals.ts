import process from 'node:process'
import { isObject } from '@aster/rpc-core/schema'

/** The options of the drain that SIGTERM or SIGINT starts. */
export interface SignalOptions {
  /**
   * Milliseconds to wait for running calls. The default is less than the 30 s after which Kubernetes kills a process.
   *
   * @default 25,000
   */
  readonly graceMs?: number | undefined
}

/** Milliseconds to wait for running calls by default. */
const DEFAULT_GRACE_MS = 25_000

/** The signals of service managers and containers, and of Ctrl-C. */
const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** Returns true if a value is valid for the option `signals`. */
export function isSignalOption(value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return true
  if (!isObject(value) || Object.keys(value).some((name) => name !== 'graceMs')) return false
  const { graceMs } = value
  return graceMs === undefined || (typeof graceMs === 'number' && graceMs >= 0)
}

/**
 * Calls `drain` when the first SIGTERM or SIGINT arrives. Signals then have their default effect again, so a second signal
 * ends the process at once. Returns a function that stops listening.
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
