/** Returns our lines for the recorded ones. A line that ends in `…` may continue with any text. */
export type Rule = (recorded: readonly string[]) => readonly string[]

/** Conversations in which our side differs on purpose. */
export interface Difference {
  readonly reason: string
  /** The conversations as `part/name`, with `*` for both modes. */
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

/** Replaces all lines. */
export const instead =
  (...lines: readonly string[]): Rule =>
  () =>
    lines

/** Replaces every line that begins with a prefix. */
export const replace =
  (start: string, ...lines: readonly string[]): Rule =>
  (recorded) =>
    recorded.flatMap((line) => (line.startsWith(start) ? lines : [line]))

/** Inserts lines before these places. */
export const insert =
  (places: readonly number[], ...lines: readonly string[]): Rule =>
  (recorded) =>
    recorded.flatMap((line, i) => (places.includes(i) ? [...lines, line] : [line]))

/** Allows any message in statuses of these codes. */
export const ownWords =
  (...codes: readonly number[]): Rule =>
  (recorded) =>
    codes.reduce<readonly string[]>((lines, code) => replace(`status ${code} `, `status ${code} …`)(lines), recorded)

/**
 * Returns the lines that our side is expected to say.
 *
 * @throws Error for a difference that changes nothing, and so does not belong into the table
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

/** Returns whether a list of `part/name` has this conversation. */
export function isNamed(part: string, name: string, list: readonly string[]): boolean {
  return list.includes(`${part}/${name}`) || list.includes(`*-${part.slice(part.indexOf('-') + 1)}/${name}`)
}

/** Joins equal lines that follow each other into one, with their number. */
export function counted(lines: readonly string[]): readonly string[] {
  const runs: { readonly line: string; times: number }[] = []
  for (const line of lines) {
    const last = runs.at(-1)
    if (last?.line === line) last.times++
    else runs.push({ line, times: 1 })
  }
  return runs.map(({ line, times }) => (times === 1 ? line : `${line} ×${times}`))
}

/** Returns the lines without the parts for which the wanted lines have a `…`. */
export function abridged(lines: readonly string[], wanted: readonly string[]): readonly string[] {
  return lines.map((line, i) => {
    const other = wanted[i]
    return other?.endsWith('…') && line.startsWith(other.slice(0, -1)) ? other : line
  })
}
