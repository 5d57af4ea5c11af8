/** Returns the wire name of a TypeScript name: `maybe_text` for `maybeText`, `url_path2` for `URLPath2`. */
export function snakeCase(name: string): string {
  return name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1_$2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1_$2')
    .toLowerCase()
}
