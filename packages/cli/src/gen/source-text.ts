import { escapeUnprintable } from '@aster/rpc-core/schema'

/** The lines of a text that came from elsewhere, for a comment: without control characters, none of them ending it. */
export function docLines(doc: string | undefined): readonly string[] | undefined {
  if (doc === undefined || doc.trim() === '') return undefined
  return doc
    .replaceAll('\t', '  ')
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => escapeUnprintable(line).trimEnd())
}

/** A string literal in single quotes, or in double ones if that spares escapes. */
export function quote(text: string): string {
  const json = escapeUnprintable(JSON.stringify(text))
  const singles = text.split("'").length
  const doubles = text.split('"').length
  if (singles > doubles) return json
  return `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}
