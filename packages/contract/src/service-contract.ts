import type { MethodKind } from '@aster/rpc-core'
import { compareCodePoints } from '@aster/rpc-core/schema'
import { concatBytes } from '@noble/hashes/utils.js'
import { ABSENT, bool, type Bytes, bytes, float64, int32, list, text, varint } from './canonical.ts'

export interface MethodDescriptor {
  /** The name of the method on the wire. */
  readonly name: string
  readonly kind: MethodKind
  /** The hash of the request type, 32 bytes. */
  readonly request: Bytes
  /** The hash of the response type, 32 bytes. */
  readonly response: Bytes
  readonly idempotent: boolean
  /** The time limit in seconds, or 0 if there is no limit. */
  readonly timeoutSeconds: number
}

export interface ContractDescriptor {
  readonly name: string
  readonly version: number
  readonly methods: readonly MethodDescriptor[]
  readonly serializationModes: readonly string[]
  readonly session: boolean
}

const PATTERNS: Record<MethodKind, number> = { unary: 0, serverStream: 1, clientStream: 2, bidiStream: 3 }

/**
 * Returns the canonical bytes of a ServiceContract. Access rules are not part of it, as in Python.
 * See quirk 45 of docs/python-0.1.md.
 */
export function serviceContract({ name, version, methods, serializationModes, session }: ContractDescriptor): Bytes {
  const what = `service ${name}`
  const sorted = [...methods].sort((a, b) => compareCodePoints(a.name.normalize('NFC'), b.name.normalize('NFC')))
  return concatBytes(
    text(name, what),
    int32(version, `${what}, version`),
    list(sorted.map((method) => methodDef(method, what))),
    list(serializationModes.map((mode) => text(mode, `${what}, serializationModes`))),
    varint(session ? 1 : 0),
    ABSENT,
  )
}

export function methodDef(
  { name, kind, request, response, idempotent, timeoutSeconds }: MethodDescriptor,
  what: string,
): Bytes {
  return concatBytes(
    text(name, `${what}, method ${name}`),
    varint(PATTERNS[kind]),
    bytes(request),
    bytes(response),
    bool(idempotent),
    float64(timeoutSeconds),
    ABSENT,
  )
}
