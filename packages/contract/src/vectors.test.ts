import { readFileSync } from 'node:fs'
import {
  bidiStream,
  clientStream,
  defineService,
  type MethodKind,
  serverStream,
  type ServiceDefinition,
  type StructType,
  t,
  type Type,
  unary,
} from '@aster/rpc-core'
import { blake3 } from '@noble/hashes/blake3.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { canonicalContract, contractId, type ContractOptions } from './contract-id.ts'
import { hashStructs } from './hash-structs.ts'
import { methodDef, type MethodDescriptor, serviceContract } from './service-contract.ts'

type TypeVector =
  | string
  | { struct: string }
  | { any: string }
  | { optional: TypeVector }
  | { list: TypeVector }
  | { set: TypeVector }
  | { map: [TypeVector, TypeVector] }
interface StructVector {
  tag: string | null
  package: string
  name: string
  fields: { name: string; type: TypeVector }[]
}
interface ServiceVector {
  name: string
  service: {
    name: string
    version: number
    scope: 'shared' | 'session'
    serializationModes: string[]
    methods: {
      name: string
      pattern: keyof typeof makers
      idempotent: boolean
      timeoutSeconds: number
      request: TypeVector
      response: TypeVector
      responseText?: string
    }[]
    structs: Record<string, StructVector>
  }
  types: { fqn: string; canonicalHex: string; hash: string }[]
  canonicalHex: string
  contractId: string
}
interface MethodJson {
  name: string
  pattern: keyof typeof makers
  request_type: string
  response_type: string
  idempotent: boolean
  default_timeout: number
  requires: object | null
}
interface ContractJson {
  name: string
  version: number
  methods: MethodJson[]
  serialization_modes: string[]
  scoped: string
  requires: object | null
}
interface TypeJson {
  kind: 'message' | 'enum' | 'union'
  name: string
  fields?: { name: string }[]
}
type DescriptorVector = { name: string; canonicalHex: string; hash: string } & (
  | { kind: 'TypeDef'; descriptor: TypeJson }
  | { kind: 'MethodDef'; descriptor: MethodJson }
  | { kind: 'ServiceContract'; descriptor: ContractJson }
)

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'))
const vectors = fixture('contract-ids.json') as {
  services: ServiceVector[]
  descriptors: DescriptorVector[]
  blake3: { length: number; hash: string }[]
}
const inexpressible = fixture('inexpressible.json') as {
  services: Record<string, string>
  descriptors: Record<string, string>
}

const primitives: Record<string, Type> = {
  string: t.string,
  int64: t.int,
  float64: t.float64,
  bool: t.bool,
  binary: t.bytes,
}
const makers = { unary, server_stream: serverStream, client_stream: clientStream, bidi_stream: bidiStream }
const kinds: Record<keyof typeof makers, MethodKind> = {
  unary: 'unary',
  server_stream: 'serverStream',
  client_stream: 'clientStream',
  bidi_stream: 'bidiStream',
}

type Options = ContractOptions & { pythonName: (struct: StructType) => string }

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the vector is incomplete')
  return value
}

/** Returns the service of a vector as a definition, with the facts that only Python knows as options. */
function definitionOf({ service }: ServiceVector): { definition: ServiceDefinition; options: Options } {
  const structs = new Map<string, StructType>()
  const names = new Map<StructType, string>()
  const structOf = (fqn: string): StructType => {
    const known = structs.get(fqn)
    if (known !== undefined) return known
    const { tag, package: namespace, name, fields } = need(service.structs[fqn])
    const entries = fields.map((field): [string, Type] => [field.name, t.lazy(() => typeOf(field.type))])
    const struct = t.struct(tag ?? `${namespace}/${name}`, Object.fromEntries(entries), {
      naming: 'exact',
    }) as StructType
    structs.set(fqn, struct)
    names.set(struct, fqn)
    return struct
  }
  const typeOf = (type: TypeVector): Type => {
    if (typeof type === 'string') return need(primitives[type])
    if ('struct' in type) return structOf(type.struct)
    if ('any' in type) return t.any
    if ('optional' in type) return t.optional(typeOf(type.optional))
    if ('list' in type) return t.list(typeOf(type.list))
    if ('set' in type) return t.set(typeOf(type.set))
    const [key, value] = type.map
    return key === 'string' ? t.record(typeOf(value)) : t.map(typeOf(key), typeOf(value))
  }
  const methods = service.methods.map(({ name, pattern, idempotent, timeoutSeconds, request, response }) => [
    name,
    makers[pattern](typeOf(request), typeOf(response), {
      wireName: name,
      idempotent,
      ...(timeoutSeconds > 0 && { timeoutMs: timeoutSeconds * 1000 }),
    }),
  ])
  const { name, version, scope, serializationModes } = service
  return {
    definition: defineService({ name, version, scope, methods: Object.fromEntries(methods) }),
    options: {
      serializationModes,
      pythonName: (struct) => names.get(struct) ?? '',
      postponedAnnotations: service.methods.some(({ responseText }) => responseText !== undefined),
    },
  }
}

describe('services of Python', () => {
  const expressible = vectors.services.filter(({ name }) => !(name in inexpressible.services))

  it.each(expressible.map((vector) => [vector.name, vector] as const))(
    '%s has the same bytes and the same id',
    (_name, vector) => {
      const { definition, options } = definitionOf(vector)
      expect(bytesToHex(canonicalContract(definition, options))).toBe(vector.canonicalHex)
      expect(contractId(definition, options)).toBe(vector.contractId)
    },
  )

  it.each(expressible.map((vector) => [vector.name, vector] as const))(
    '%s has the same structs, in the same order',
    (_name, vector) => {
      const { definition, options } = definitionOf(vector)
      const messages = Object.values(definition.methods).flatMap(({ request, response }) =>
        options.postponedAnnotations === true ? [request] : [request, response],
      )
      const roots = messages.filter((type): type is StructType => type.kind === 'struct')
      const hashed = hashStructs(roots, options.pythonName)
      const rows = hashed.map(({ struct, canonical, hash }) => ({
        fqn: options.pythonName(struct),
        canonicalHex: bytesToHex(canonical),
        hash: bytesToHex(hash),
      }))
      expect(rows).toEqual(vector.types.map(({ fqn, canonicalHex, hash }) => ({ fqn, canonicalHex, hash })))
    },
  )

  it('need no Python name where no struct contains itself and every tag has a slash', () => {
    const free = expressible.filter(({ name }) => !['Tags', 'Recursive', 'Mutual', 'Cycles'].includes(name))
    expect(free).toHaveLength(expressible.length - 4)
    for (const vector of free) {
      const { definition, options } = definitionOf(vector)
      expect(contractId(definition, { ...options, pythonName: undefined }), vector.name).toBe(vector.contractId)
    }
  })

  it.each(Object.entries(inexpressible.services))('%s cannot be defined: %s', (name) => {
    const vector = need(vectors.services.find((one) => one.name === name))
    expect(() => definitionOf(vector)).toThrow('expected version as a positive integer')
  })
})

describe('descriptors of the native writer', () => {
  const method = (vector: MethodJson): MethodDescriptor => ({
    name: vector.name,
    kind: kinds[vector.pattern],
    request: hexToBytes(vector.request_type),
    response: hexToBytes(vector.response_type),
    idempotent: vector.idempotent,
    timeoutSeconds: vector.default_timeout,
  })
  /** The nearest definition. */
  const nearest = ({ kind, name, fields = [] }: TypeJson): Type => {
    if (kind === 'message') return t.struct(name, Object.fromEntries(fields.map((field) => [field.name, t.int32])))
    return kind === 'enum' ? t.enum(name, { B: 7, A: -3, C: 0 }) : t.any
  }
  const bytesOf = (vector: DescriptorVector): Uint8Array => {
    if (vector.kind === 'MethodDef') return methodDef(method(vector.descriptor), 'test')
    if (vector.kind === 'TypeDef') {
      const type = nearest(vector.descriptor)
      return type.kind === 'struct'
        ? need(hashStructs([type as StructType], () => 'M')[0]).canonical
        : new Uint8Array(0)
    }
    const { name, version, methods, serialization_modes, scoped } = vector.descriptor
    // `stream` is the older name of `session`.
    const session = scoped !== 'shared'
    return serviceContract({
      name,
      version,
      methods: methods.map(method),
      serializationModes: serialization_modes,
      session,
    })
  }

  it.each(
    vectors.descriptors
      .filter(({ name }) => !(name in inexpressible.descriptors))
      .map((vector) => [vector.name, vector] as const),
  )('%s', (_name, vector) => {
    expect(bytesToHex(bytesOf(vector))).toBe(vector.canonicalHex)
  })

  it.each(Object.entries(inexpressible.descriptors))('%s is not written: %s', (name) => {
    const vector = need(vectors.descriptors.find((one) => one.name === name))
    expect(bytesToHex(bytesOf(vector))).not.toBe(vector.canonicalHex)
    if (vector.kind !== 'TypeDef') return
    const Service = defineService({ name: 'S', methods: { m: unary(nearest(vector.descriptor), t.any) } })
    expect(bytesToHex(canonicalContract(Service))).not.toContain(vector.hash)
  })
})

it('hashes with the same BLAKE3', () => {
  for (const { length, hash } of vectors.blake3) {
    expect(bytesToHex(blake3(Uint8Array.from({ length }, (_, i) => i % 251)))).toBe(hash)
  }
})
