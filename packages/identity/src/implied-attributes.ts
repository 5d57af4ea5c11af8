import type { Credential } from './credential.ts'
import { verifyCredential } from './sign-credential.ts'

/**
 * Returns the credential with those of `aster.role` and `aster.name` with which its signature holds, or the credential itself
 * if it holds with none of them (quirk 25 of docs/python-0.1.md).
 */
export function withImpliedAttributes<C extends Credential>(
  credential: C,
  { role, name }: { readonly role: string; readonly name: string | undefined },
): C {
  const implied = [['aster.role', role] as const, ...(name === undefined ? [] : [['aster.name', name] as const])]
  const missing = implied.filter(([key]) => !Object.hasOwn(credential.attributes, key))
  const sets = [[], ...missing.map((entry) => [entry]), ...(missing.length > 1 ? [missing] : [])]
  const candidates = sets.map((set) => ({
    ...credential,
    attributes: { ...credential.attributes, ...Object.fromEntries(set) },
  }))
  return candidates.find((candidate) => verifyCredential(candidate)) ?? credential
}
