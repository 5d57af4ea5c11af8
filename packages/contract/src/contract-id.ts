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

/** What a producer's definition says that a TypeScript one does not. */
export interface ContractOptions {
  /** As the producer declares them, in its order: `'xlang'`, `'native'`, `'row'`, `'json'`. @default ['xlang'] */
  serializationModes?: readonly string[] | undefined
  /**
   * The Python name of a struct, `module.ClassName` (quirk 43 of docs/python-0.1.md).
   *
   * @default the namespace and the name of the tag, with a dot in between
   */
  pythonName?: ((struct: StructType) => string) | undefined
  /**
   * Whether the producer's module begins with `from __future__ import annotations` (quirk 42 of docs/python-0.1.md): most
   * types of responses are then hashed as zeros.
   *
   * @default false
   */
  postponedAnnotations?: boolean | undefined
}

/**
 * The contract id of a service: 64 hex digits, equal to what a Python producer publishes for the same definition.
 * A hint, not a proof: a change of the Python module that changes nothing on the wire may change it.
 *
 * @throws AsterError for something that is no service, a version above 2147483647, and names with lone surrogates
 */
export function contractId(service: ServiceDefinition | ServiceClass, options: ContractOptions = {}): string {
  return bytesToHex(blake3(canonicalContract(service, options)))
}

/** The bytes that the contract id is the BLAKE3 hash of. Throws as `contractId` does. */
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

/** The hash of a request or response: a struct's, that of a primitive's name, and zeros for everything else. */
function rootHash(structs: readonly HashedStruct[], message: Type): Bytes {
  const { type, optional } = unwrap(message)
  if (optional) return ZEROS
  if (type.kind === 'struct') return structs.find(({ struct }) => struct === type)?.hash ?? ZEROS
  const primitive = primitiveName(type.kind)
  return primitive === undefined ? ZEROS : blake3(utf8ToBytes(primitive))
}

/** A response type that is only a text: the class of that name among the structs that requests lead to, else zeros. */
function textHash(structs: readonly HashedStruct[], nameOf: NameOf): (method: MethodDefinition) => Bytes {
  const className = (struct: StructType): string | undefined => nameOf(struct).split('.').at(-1)
  return ({ kind, response }) => {
    if (kind === 'serverStream' || kind === 'bidiStream') return ZEROS
    const wanted = rootStruct(response)[0]
    if (wanted === undefined) return ZEROS
    return structs.find(({ struct }) => className(struct) === className(wanted))?.hash ?? ZEROS
  }
}
