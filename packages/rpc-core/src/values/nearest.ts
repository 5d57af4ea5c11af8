/**
 * Returns the candidate of which `name` is most likely a misspelling, ignoring case. Returns `undefined` if every candidate
 * differs by more than one edit per four characters (at least one edit is allowed). An edit is a character added, dropped
 * or changed, or two neighbours swapped.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.max(1, Math.floor(name.length / 4)) + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= least) continue
    const edits = distance(name.toLowerCase(), candidate.toLowerCase())
    if (edits < least) {
      best = candidate
      least = edits
    }
  }
  return best
}

/** Returns the optimal string alignment distance. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = cell(above, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let edits = Math.min(changed, cell(above, j) + 1, cell(row, j - 1) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        edits = Math.min(edits, cell(before, j - 2) + 1)
      row.push(edits)
    }
    before = above
    above = row
  }
  return cell(above, b.length)
}

const cell = (row: readonly number[], index: number): number => row[index] ?? Infinity
