import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { columns } from '../output/columns.ts'
import type { Style } from '../output/style.ts'

/** Records durations of calls, from 1 µs to an hour, with three significant digits. */
export class Latencies {
  readonly #histogram: RecordableHistogram = createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 })
  #sum = 0

  /** @param ms the duration in milliseconds */
  record(ms: number): void {
    this.#histogram.record(Math.max(1, Math.round(ms * 1000)))
    this.#sum += ms
  }

  get count(): number {
    return this.#histogram.count
  }

  /** Returns the percentiles in milliseconds; all are 0 if nothing was recorded. */
  summary() {
    const { count } = this
    const at = (percentile: number): number => (count === 0 ? 0 : this.#histogram.percentile(percentile) / 1000)
    return {
      count,
      minMs: count === 0 ? 0 : this.#histogram.min / 1000,
      meanMs: count === 0 ? 0 : round(this.#sum / count),
      p50Ms: at(50),
      p90Ms: at(90),
      p99Ms: at(99),
      p999Ms: at(99.9),
      maxMs: count === 0 ? 0 : this.#histogram.max / 1000,
    }
  }

  /** Returns the lines of a histogram whose steps double. */
  bars(style: Style): string {
    const steps: { upTo: number; count: number }[] = []
    const total = this.count
    let below = 0
    for (let upTo = this.#histogram.min; below < total && steps.length < 40; upTo *= 2) {
      const until = countUpTo(this.#histogram, upTo, total)
      if (until > below || steps.length > 0) steps.push({ upTo, count: until - below })
      below = until
    }
    const widest = Math.max(...steps.map(({ count }) => count), 1)
    return columns(
      steps.map(({ upTo, count }) => [
        `≤ ${formatMs(upTo / 1000)}`,
        count.toLocaleString('en'),
        style.good('█'.repeat(Math.ceil((count / widest) * 40))),
      ]),
    )
  }
}

/** Returns how many of the recorded values are at most `value`, by binary search. */
function countUpTo(histogram: RecordableHistogram, value: number, total: number): number {
  let [low, high] = [0, total]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (histogram.percentile(Math.max((middle / total) * 100, 1e-9)) <= value) low = middle
    else high = middle - 1
  }
  return low
}

export function formatMs(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`
  return ms >= 100 ? `${ms.toFixed(0)} ms` : ms >= 10 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(2)} ms`
}

const round = (ms: number): number => Math.round(ms * 1000) / 1000
