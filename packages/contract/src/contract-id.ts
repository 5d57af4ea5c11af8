import {
  definitionOf,
  type MethodDefinition,
  type ServiceClass,
  type ServiceDefinition,
  type StructType,
  type Type,
} from '@aster/rpc-core'
import { unwrap } from '@aster/rpc-core/schema'
import { blake3 } from '@noble/hashes/blake3.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Bytes } from './canonical.ts'
import { type HashedStruct, hashStructs } from './hash-structs.ts'
import { primitiveName } from './primitives.ts'
import { type MethodDescriptor, serviceContract } from './service-contract.ts'
import type { NameOf } from './struct-graph.ts'
import { ZEROS } from './type-def.ts'

/** The parts of a Python producer's definition that a TypeScript definition cannot express. */
export interface ContractOptions {
  /**
   * The serialization modes that the producer declares, in its order: `'xlang'`, `'native'`, `'row'`, `'json'`.
   *
   * @default ['xlang']
   */
  serializationModes?: readonly string[] | undefined
  /**
   * Returns the Python name of a struct, `module.ClassName`. The contract id depends on it if structs contain themselves, or
   * if a tag has no namespace. See quirk 43 of docs/python-0.1.md.
   *
   * @default the namespace and the name of the tag, joined by a dot
   */
  pythonName?: ((struct: StructType) => string) | undefined
  /**
   * Whether the producer's module begins with `from __future__ import annotations`. Python 0.1.2 then sees the types of
   * responses as strings, and hashes most of them as zeros. See quirk 42 of docs/python-0.1.md.
   *
   * @default false
   */
  postponedAnnotations?: boolean | undefined
}

/**
 * Returns the contract id of a service: 64 hex digits, equal to the id that a Python producer publishes for the same
 * definition. The id is a hint, not a proof: a change of the Python module may change the id even if it changes nothing on the
 * wire.
 *
 * @throws AsterError if `service` is not a service, if its version is above 2147483647, or if a name has lone surrogates
 */
export function contractId(service: ServiceDefinition | ServiceClass, options: ContractOptions = {}): string {
  return bytesToHex(blake3(canonicalContract(service, options)))
}

/**
 * Returns the canonical bytes of a service, whose BLAKE3 hash is the contract id.
 *
 * @throws AsterError as `contractId` does
 */
export function canonicalContract(
  service: ServiceDefinition | ServiceClass,
  options: ContractOptions = {},
): Uint8Array {
  const { name, version, scope, methods } = definitionOf(service)
  const { serializationModes = ['xlang'], pythonName = tagName, postponedAnnotations = false } = options
  const all = Object.values(methods)
  const roots = all.flatMap(({ request, response }) => (postponedAnnotations ? [request] : [request, response]))
  const structs = hashStructs(roots.flatMap(rootStruct), pythonName)
  const responseHash = postponedAnnotations
    ? textHash(structs, pythonName)
    : ({ response }: MethodDefinition) => rootHash(structs, response)
  return serviceContract({
    name,
    version,
    session: scope === 'session',
    serializationModes,
    methods: all.map((method): MethodDescriptor => ({
      name: method.wireName,
      kind: method.kind,
      request: rootHash(structs, method.request),
      response: responseHash(method),
      idempotent: method.idempotent,
      timeoutSeconds: (method.timeoutMs ?? 0) / 1000,
    })),
  })
}

function tagName({ namespace, name }: StructType): string {
  return `${namespace}.${name}`
}

function rootStruct(message: Type): StructType[] {
  const { type, optional } = unwrap(message)
  return type.kind === 'struct' && !optional ? [type] : []
}

/** Returns the hash of a struct or of the name of a primitive, for a request or response. Returns zeros for any other type. */
function rootHash(structs: readonly HashedStruct[], message: Type): Bytes {
  const { type, optional } = unwrap(message)
  if (optional) return ZEROS
  if (type.kind === 'struct') return structs.find(({ struct }) => struct === type)?.hash ?? ZEROS
  const primitive = primitiveName(type.kind)
  return primitive === undefined ? ZEROS : blake3(utf8ToBytes(primitive))
}

/**
 * Returns the function that returns the hash of a response whose type Python sees as a string: the hash of the struct with
 * the same class name, if a request contains one, otherwise zeros.
 */
function textHash(structs: readonly HashedStruct[], nameOf: NameOf): (method: MethodDefinition) => Bytes {
  const className = (struct: StructType): string | undefined => nameOf(struct).split('.').at(-1)
  return ({ kind, response }) => {
    if (kind === 'serverStream' || kind === 'bidiStream') return ZEROS
    const wanted = rootStruct(response)[0]
    if (wanted === undefined) return ZEROS
    return structs.find(({ struct }) => className(struct) === className(wanted))?.hash ?? ZEROS
  }
}
