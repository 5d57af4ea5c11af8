/** The part of the run in which code is loaded and compiled, and buffers grow to their size. */
const WARM_UP = 1 / 3

/**
 * Returns whether the resources of a process stay flat: memory by a line through the samples after the warm-up, descriptors and
 * threads by their lowest numbers, since some come and go.
 *
 * @param {readonly { heap: number, external: number, rss: number, descriptors: number, threads: number }[]} samples sizes in MiB
 */
export function flatness(samples) {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP))
  const problems = []
  const lines = []
  /** The MiB by which a line through the samples rises from the first to the last. */
  for (const [name, bound] of [
    ['heap', 3],
    ['external', 6],
    ['rss', 48],
  ]) {
    const values = warm.map((sample) => sample[name])
    const rise = slopeOf(values) * (values.length - 1)
    lines.push(`${name} ${median(values).toFixed(1)} MiB, rises by ${rise.toFixed(2)}`)
    if (rise > Math.max(bound, median(values) * 0.1)) problems.push(`${name} rises by ${rise.toFixed(1)} MiB`)
  }
  const half = Math.floor(warm.length / 2)
  for (const [name, bound] of [
    ['descriptors', 2],
    ['threads', 2],
  ]) {
    const [first, last] = [warm.slice(0, half), warm.slice(half)].map((part) =>
      Math.min(...part.map((one) => one[name])),
    )
    lines.push(`${name} ${first}, then ${last}`)
    if (last > first + bound) problems.push(`${name}: ${first} at least in the first half, ${last} in the second`)
  }
  return { problems, lines }
}

/** Returns the slope of the line of least squares, for each sample. */
function slopeOf(values) {
  const middle = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let above = 0
  let below = 0
  for (const [i, value] of values.entries()) {
    above += (i - middle) * (value - mean)
    below += (i - middle) ** 2
  }
  return below === 0 ? 0 : above / below
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
