import { AsterError } from '../aster-error.ts'

/**
 * Splits a tag at its last slash: `'interop/Point'` has the namespace `'interop'` and the name `'Point'`. A tag without a
 * slash has an empty namespace.
 *
 * @param kind the kind of type, for the message
 * @throws AsterError if the name is empty
 */
export function splitTag(kind: string, tag: string): { namespace: string; name: string } {
  const slash = tag.lastIndexOf('/')
  const parts = { namespace: tag.slice(0, Math.max(slash, 0)), name: tag.slice(slash + 1) }
  if (parts.name === '') throw new AsterError(`${kind} '${tag}': expected a tag like 'namespace/Name' or 'Name'`)
  return parts
}
