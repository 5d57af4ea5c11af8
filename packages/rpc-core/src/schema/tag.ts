import { AsterError } from '../aster-error.ts'

/** `'interop/Point'` → namespace `'interop'`, name `'Point'`; split at the last slash, without one the namespace is empty. */
export function splitTag(kind: string, tag: string): { namespace: string; name: string } {
  const slash = tag.lastIndexOf('/')
  const parts = { namespace: tag.slice(0, Math.max(slash, 0)), name: tag.slice(slash + 1) }
  if (parts.name === '') throw new AsterError(`${kind} '${tag}': expected a tag like 'namespace/Name' or 'Name'`)
  return parts
}
