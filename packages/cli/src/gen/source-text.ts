import { escapeUnprintable } from '@aster/rpc-core/schema'

/** Returns the lines of a foreign text for a comment. They have no control characters and cannot end the comment. */
export function docLines(doc: string | undefined): readonly string[] | undefined {
  if (doc === undefined || doc.trim() === '') return undefined
  return doc
    .replaceAll('\t', '  ')
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => escapeUnprintable(line).trimEnd())
}

/** Returns a string literal in single quotes, or in double quotes if that saves escapes. */
export function quote(text: string): string {
  const json = escapeUnprintable(JSON.stringify(text))
  const singles = text.split("'").length
  const doubles = text.split('"').length
  if (singles > doubles) return json
  return `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}
