import type { Credential } from './credential.ts'
import { verifyCredential } from './sign-credential.ts'

/**
 * `aster enroll node` 0.1.2 signs `aster.role` and `aster.name`, and leaves them out of the file where they equal the
 * entry's role and name. Gives the credential with the set of attributes under which its signature holds, or as it is
 * where none does.
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
