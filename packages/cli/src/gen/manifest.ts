import {
  constantCase,
  type Description,
  type FieldDescription,
  type JsonValue,
  parseDescription,
  type ServiceDescription,
  type StructDescription,
  type TypeDescription,
  UniqueNames,
} from '@aster/description'
import { isObject } from '@aster/rpc-core/schema'
import { CliError } from '../cli-error.ts'
import { proveTypes } from './prove-types.ts'

const PATTERNS = {
  unary: 'unary',
  server_stream: 'serverStream',
  client_stream: 'clientStream',
  bidi_stream: 'bidiStream',
} as const
const MODES = ['xlang', 'native', 'row', 'json'] as const
const PRIMITIVES: Readonly<Record<string, TypeDescription['kind']>> = {
  str: 'string',
  int: 'int',
  float: 'float64',
  bool: 'bool',
  bytes: 'bytes',
}
const FIELD_KINDS: Readonly<Record<string, TypeDescription['kind']>> = {
  string: 'string',
  int: 'int',
  float: 'float64',
  bool: 'bool',
  bytes: 'bytes',
}

type Json = Readonly<Record<string, unknown>>

/**
 * Describes the services of a manifest (`aster contract gen`) or of an exported contract (`.aster.json`). A manifest does not
 * determine every type. A type that cannot be determined is an error. The other types are checked against the contract id.
 */
export function describeManifest(
  value: unknown,
  source: string,
): { readonly description: Description; readonly warnings: readonly string[] } {
  const manifests = Array.isArray(value) ? value : [value]
  const reader = new ManifestReader()
  const services = manifests.map((manifest, i) => {
    if (!isObject(manifest) || typeof manifest['service'] !== 'string' || !Array.isArray(manifest['methods'])) {
      const place = manifests.length > 1 ? `, the ${i + 1}. service` : ''
      throw new CliError(
        `${source}${place}: expected a description, or a manifest of aster contract gen or export, with service and methods`,
      )
    }
    return reader.service(manifest)
  })
  const hint = 'a manifest does not say it: name the Python module instead, as in aster gen my_services:MyService'
  if (reader.problems.length > 0)
    throw new CliError(`${source} does not determine every type; ${hint}`, {
      lines: reader.problems.map((problem) => `  ${problem}`),
    })
  const description = parseDescription({ asterDescription: 1, source, services, types: reader.types }, source)
  const proof = proveTypes(description)
  if ('refused' in proof) {
    const open = reader.doubtful.join(', ')
    throw new CliError(
      `${source}: the contract id of ${proof.refused} is not that of the types that it shows; ${hint}`,
      {
        lines: open === '' ? [] : [`  one of these is of another type: ${open}`],
      },
    )
  }
  return { description: proof.description, warnings: [...reader.warnings, ...proof.warnings] }
}

class ManifestReader {
  readonly types: StructDescription[] = []
  readonly problems: string[] = []
  readonly warnings: string[] = []
  /** Fields that are strings by the manifest but may have another type, unless the contract id proves them. */
  readonly doubtful: string[] = []
  readonly #names = new UniqueNames()
  readonly #constants = new UniqueNames()
  /** The fields of the structs that are requests or responses, by tag. */
  readonly #known = new Map<string, { readonly name: string; readonly fields: readonly Json[] }>()
  readonly #structs = new Map<string, string>()

  service(manifest: Json): object {
    const methods = manifest['methods'] as Json[]
    for (const method of methods) {
      this.#learn(method['request_wire_tag'], method['request_type'], method['fields'])
      this.#learn(method['response_wire_tag'], method['response_type'], method['response_fields'])
    }
    const name = manifest['service'] as string
    const described = methods.map((method) => this.#method(name, method))
    const id = manifest['contract_id']
    const modes = Array.isArray(manifest['serialization_modes']) ? (manifest['serialization_modes'] as unknown[]) : [0]
    const constant = constantCase(name)
    const service: Omit<ServiceDescription, 'methods' | 'version' | 'scope'> = {
      name,
      constant: this.#constants.take(constant, `${constant}V${String(manifest['version'])}`),
      serializationModes: modes.flatMap((mode) => (typeof mode === 'number' ? (MODES[mode] ?? []) : [])),
      ...(typeof id === 'string' && { contractId: id.replace(/^blake3:/, '') }),
    }
    return { ...service, version: manifest['version'], scope: manifest['scoped'] ?? 'shared', methods: described }
  }

  #learn(tag: unknown, name: unknown, fields: unknown): void {
    if (typeof tag !== 'string' || tag === '' || typeof name !== 'string' || !Array.isArray(fields)) return
    this.#known.set(tag, { name, fields: fields as Json[] })
  }

  #method(service: string, method: Json): object {
    const wireName = String(method['name'])
    const place = `${service}.${wireName}`
    const timeout = method['timeout']
    return {
      wireName,
      kind: PATTERNS[method['pattern'] as keyof typeof PATTERNS] ?? method['pattern'],
      request: this.#message(`${place}, the request`, method['request_type'], method['request_wire_tag']),
      response: this.#message(`${place}, the response`, method['response_type'], method['response_wire_tag']),
      ...(method['idempotent'] === true && { idempotent: true }),
      ...(typeof timeout === 'number' && timeout > 0 && { timeoutMs: timeout * 1000 }),
    }
  }

  #message(place: string, name: unknown, tag: unknown): TypeDescription {
    if (typeof tag === 'string' && tag !== '') return this.#struct(place, tag)
    const kind = typeof name === 'string' && Object.hasOwn(PRIMITIVES, name) ? PRIMITIVES[name] : undefined
    if (kind !== undefined) return { kind } as TypeDescription
    return this.#problem(`${place}: its type is not in it, only the name ${String(name)}`)
  }

  #problem(text: string): TypeDescription {
    this.problems.push(text)
    return { kind: 'any' }
  }

  #struct(place: string, tag: string): TypeDescription {
    const named = this.#structs.get(tag)
    if (named !== undefined) return { kind: 'struct', name: named }
    const known = this.#known.get(tag)
    if (known === undefined) return this.#problem(`${place}: the fields of ${tag} are not in it`)
    const name = this.#names.take(constantCase(known.name))
    this.#structs.set(tag, name)
    const fields = known.fields.map((field) => ({
      field,
      type: this.#field(`${known.name}.${String(field['name'])}`, field),
    }))
    const defaults = fields.map(({ field, type }) =>
      this.#default(`${known.name}.${String(field['name'])}`, field, type),
    )
    const required = fields.some(({ type }, i) => defaults[i] === undefined && type.kind !== 'optional')
    // A class without a tag is known by its module and name.
    const isUntagged = !tag.includes('/') && tag.includes('.')
    const dot = tag.lastIndexOf('.')
    this.types.push({
      kind: 'struct',
      name,
      tag: isUntagged ? `${tag.slice(0, dot)}/${tag.slice(dot + 1)}` : tag,
      ...(required && { required }),
      ...(isUntagged && { pythonName: tag }),
      fields: fields.map(({ field, type }, i): FieldDescription => {
        const json = defaults[i]
        const isPlain = json === undefined || json === null || (!required && isZero(type, json))
        // The parser makes the name in TypeScript.
        const described = { wireName: String(field['name']), type, ...(!isPlain && { default: json }) }
        return described as FieldDescription
      }),
    })
    return { kind: 'struct', name }
  }

  #field(place: string, field: Json): TypeDescription {
    const type = this.#bareField(place, field)
    return field['nullable'] === true ? { kind: 'optional', inner: type } : type
  }

  #bareField(place: string, field: Json): TypeDescription {
    const kind = field['kind']
    if (kind === 'list') return { kind: 'list', element: this.#part(`${place}, an element`, field, 'item') }
    if (kind === 'map') {
      const value = this.#part(`${place}, a value`, field, 'value')
      const key = this.#part(`${place}, a key`, field, 'key')
      return key.kind === 'string' ? { kind: 'record', value } : { kind: 'map', key, value }
    }
    return this.#plain(place, kind, field['wire_tag'], field['ref_name'])
  }

  #part(place: string, field: Json, role: 'item' | 'key' | 'value'): TypeDescription {
    const nullable = field[`${role}_nullable`] === true
    const kind = field[`${role}_kind`]
    if (kind === 'string' && nullable)
      return this.#problem(`${place}: it may be null, and is text or something else that the contract id does not show`)
    const type = this.#plain(place, kind, field[`${role}_wire_tag`], field[`${role}_ref`])
    return nullable ? { kind: 'optional', inner: type } : type
  }

  #plain(place: string, kind: unknown, tag: unknown, name: unknown): TypeDescription {
    if (kind === 'ref') {
      const byName = [...this.#known].find(([, known]) => known.name === name)?.[0]
      const found = typeof tag === 'string' && tag !== '' ? tag : byName
      return found === undefined
        ? this.#problem(`${place}: the fields of ${String(name)} are not in it`)
        : this.#struct(place, found)
    }
    if (kind === 'enum')
      return this.#problem(
        `${place}: neither the names of the members of ${typeof name === 'string' ? name : 'the enum'} nor its tag are in it`,
      )
    const plain = typeof kind === 'string' && Object.hasOwn(FIELD_KINDS, kind) ? FIELD_KINDS[kind] : undefined
    if (plain === undefined) return this.#problem(`${place}: what the ${String(kind)} contains is not in it`)
    if (plain === 'string') this.doubtful.push(place)
    return { kind: plain } as TypeDescription
  }

  /** Returns the default in the JSON of a description, or `undefined` if there is no default or it is not known. */
  #default(place: string, field: Json, type: TypeDescription): JsonValue | undefined {
    const value = field['default_value']
    const kind = field['default_kind']
    if (kind === 'empty_list' || kind === 'empty_map') return []
    // The default of a struct most likely consists of the defaults of its fields.
    if (kind === 'factory' && type.kind === 'struct') return null
    if (kind === 'value' && value === null) return type.kind === 'optional' ? null : undefined
    const bare = type.kind === 'optional' ? type.inner : type
    if (kind === 'value' && bare.kind === 'bytes' && value === "b''") return ''
    const fits = { string: 'string', bool: 'boolean', int: 'number', float64: 'number' }[bare.kind as 'int']
    if (kind === 'value' && typeof value === fits) return value as JsonValue
    if (kind !== 'none') this.warnings.push(`${place}: its default is not in the manifest; the field is required`)
    return undefined
  }
}

function isZero({ kind }: TypeDescription, json: JsonValue): boolean {
  if (kind === 'optional') return json === null
  return json === '' || json === 0 || json === false || (Array.isArray(json) && json.length === 0)
}
