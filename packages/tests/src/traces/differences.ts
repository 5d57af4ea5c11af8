/** What ours says instead of what was recorded. A line that ends in `…` may go on as it likes. */
export type Rule = (recorded: readonly string[]) => readonly string[]

/** Conversations in which ours differs on purpose. */
export interface Difference {
  readonly reason: string
  /** `part/name`; with `*` for both modes. */
  readonly conversations: readonly string[]
  readonly rule: Rule
}

/** Returns `part/name` for each name. */
export const named = (part: string, ...names: readonly string[]): string[] => names.map((name) => `${part}/${name}`)

export const metadataOverLimits = named(
  '*-metadata',
  'metadata-65',
  'metadata-long-key',
  'metadata-long-value',
  'metadata-9000-bytes',
)

/** The whole of it is another. */
export const instead =
  (...lines: readonly string[]): Rule =>
  () =>
    lines

/** Every line that begins so becomes another. */
export const replace =
  (start: string, ...lines: readonly string[]): Rule =>
  (recorded) =>
    recorded.flatMap((line) => (line.startsWith(start) ? lines : [line]))

/** Further lines before these places. */
export const insert =
  (places: readonly number[], ...lines: readonly string[]): Rule =>
  (recorded) =>
    recorded.flatMap((line, i) => (places.includes(i) ? [...lines, line] : [line]))

/** Statuses of these codes have the producer's own words. */
export const ownWords =
  (...codes: readonly number[]): Rule =>
  (recorded) =>
    codes.reduce<readonly string[]>((lines, code) => replace(`status ${code} `, `status ${code} …`)(lines), recorded)

/**
 * What ours is expected to say. Throws for a difference that changes nothing: it does not belong into the table.
 */
export function expected(
  part: string,
  name: string,
  recorded: readonly string[],
  differences: readonly Difference[],
): readonly string[] {
  const its = differences.filter(({ conversations }) => isNamed(part, name, conversations))
  return its.reduce<readonly string[]>((lines, { rule, reason }) => {
    const changed = rule(lines)
    if (changed.join('\n') === lines.join('\n'))
      throw new Error(`${part}/${name} does not show this difference: ${reason}`)
    return changed
  }, recorded)
}

/** Whether a list of `part/name` has this conversation. */
export function isNamed(part: string, name: string, list: readonly string[]): boolean {
  return list.includes(`${part}/${name}`) || list.includes(`*-${part.slice(part.indexOf('-') + 1)}/${name}`)
}

/** Equal lines behind one another as one, with their number. */
export function counted(lines: readonly string[]): readonly string[] {
  const runs: { readonly line: string; times: number }[] = []
  for (const line of lines) {
    const last = runs.at(-1)
    if (last?.line === line) last.times++
    else runs.push({ line, times: 1 })
  }
  return runs.map(({ line, times }) => (times === 1 ? line : `${line} ×${times}`))
}

/** Lines with what a `…` in the other ones stands for left out. */
export function abridged(lines: readonly string[], wanted: readonly string[]): readonly string[] {
  return lines.map((line, i) => {
    const other = wanted[i]
    return other?.endsWith('…') && line.startsWith(other.slice(0, -1)) ? other : line
  })
}
