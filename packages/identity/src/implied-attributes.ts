import type { Credential } from './credential.ts'
import { verifyCredential } from './sign-credential.ts'

/**
 * Restores attributes that `aster enroll node` 0.1.2 signs and leaves out of the file: `aster.role` and `aster.name`, if they
 * equal the role and the name of the entry. Returns the credential with the attributes under which its signature is valid, or
 * unchanged if there are no such attributes. See quirk 25 of docs/python-0.1.md.
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
