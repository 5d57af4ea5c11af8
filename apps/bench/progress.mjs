/**
 * Shows the progress of a run: on a terminal in one line that is rewritten, elsewhere in a line for each step.
 *
 * @param {{ total: number, stream?: NodeJS.WriteStream, now?: () => number }} options `total`: the number of steps
 */
export function createProgress({ total, stream = process.stderr, now = () => performance.now() }) {
  const began = now()
  let done = 0
  const elapsed = () => formatTime(now() - began)
  const left = () => (done === 0 ? '' : `, about ${formatTime(((now() - began) / done) * (total - done))} left`)
  const clear = () => {
    if (stream.isTTY) stream.write('\r\u001B[K')
  }
  return {
    step(text) {
      const line = `[${done}/${total}] ${elapsed()}${left()}  ${text}`
      if (stream.isTTY) stream.write(`\r\u001B[K${line.slice(0, (stream.columns ?? 80) - 1)}`)
      else stream.write(`${line}\n`)
    },
    done() {
      done++
    },
    /** Prints a line that stays. */
    note(text) {
      clear()
      stream.write(`${text}\n`)
    },
    end: clear,
  }
}

export function formatTime(ms) {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
