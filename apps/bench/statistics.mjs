/** Returns the value below which a share `q` of the values lies; `undefined` if there are none. */
export function quantile(values, q) {
  const sorted = Float64Array.from(values).sort()
  return sorted.length === 0 ? undefined : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]
}

/** Returns the middle value; `undefined` if there are none. */
export function median(values) {
  return spread(values)?.median
}

/** Returns the median, the least and the greatest of the finite values; `undefined` if there are none. */
export function spread(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b)
  if (sorted.length === 0) return undefined
  const half = sorted.length >> 1
  const middle = sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
  return { median: middle, min: sorted[0], max: sorted.at(-1) }
}

/** Collects durations up to a maximum number, so that memory stays bounded in a long step. */
export class Samples {
  #values = new Float64Array(1024)
  #count = 0
  static LIMIT = 2 ** 20

  add(value) {
    if (this.#count === Samples.LIMIT) return
    if (this.#count === this.#values.length) {
      const grown = new Float64Array(this.#values.length * 2)
      grown.set(this.#values)
      this.#values = grown
    }
    this.#values[this.#count++] = value
  }

  quantile(q) {
    return quantile(this.#values.subarray(0, this.#count), q)
  }
}
