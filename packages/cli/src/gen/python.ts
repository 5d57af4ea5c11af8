import type {
  Description,
  EnumDescription,
  FieldDescription,
  MethodDescription,
  NamedTypeDescription,
  ServiceDescription,
  StructDescription,
  TypeDescription,
} from '@aster/description'
import { CliError } from '../cli-error.ts'
import { isPythonName, memberNames, pythonNames } from './python-names.ts'
import { annotation, defaultOf, type PythonNames, pythonString } from './python-types.ts'
import { docLines } from './source-text.ts'
import { hasDefault, recursiveStructs, typesOf } from './type-graph.ts'

const PATTERNS = {
  unary: 'rpc',
  serverStream: 'server_stream',
  clientStream: 'client_stream',
  bidiStream: 'bidi_stream',
} as const

/** The modules that names are imported from, in the order of the imports. */
const MODULES = ['dataclasses', 'datetime', 'enum', 'typing', '', 'aster', 'aster.rpc_types']

/**
 * Writes dataclasses and service classes in Python, for `aster-rpc` 0.1.2: stubs of consumers or base classes of producers.
 *
 * @throws CliError that names each definition that Python cannot have
 */
export function writePython(description: Description, heading: string): string {
  return new Writer(description).file(heading)
}

class Writer {
  readonly #description: Description
  readonly #index: ReadonlyMap<string, NamedTypeDescription>
  readonly #code: ReadonlyMap<string, string>
  readonly #members = new Map<string, string>()
  readonly #recursive: ReadonlySet<string>
  readonly #imports = new Map<string, Set<string>>()
  readonly #written = new Set<string>()
  readonly #problems: string[] = []
  readonly #names: PythonNames

  constructor(description: Description) {
    this.#description = description
    this.#index = new Map(description.types.map((type) => [type.name, type]))
    this.#code = pythonNames(description)
    this.#recursive = recursiveStructs(description)
    for (const type of description.types) {
      if (type.kind !== 'enum') continue
      const names = memberNames(type.members)
      type.members.forEach((member, i) => this.#members.set(`${type.name}.${member.name}`, names[i] ?? member.name))
    }
    this.#names = {
      index: this.#index,
      nameOf: (name) => this.#members.get(name) ?? this.#code.get(name) ?? name,
      use: (module, name) => this.#use(module, name),
    }
  }

  file(heading: string): string {
    const { types, services } = this.#description
    const blocks = [
      ...types.map((type) => (type.kind === 'struct' ? this.#struct(type) : this.#enum(type))),
      ...services.map((service) => this.#service(service)),
    ]
    if (this.#problems.length > 0)
      throw new CliError('Python cannot have what is described', { lines: this.#problems.map((line) => `  ${line}`) })
    return `${[`${this.#docstring([heading], '')}\n${this.#importLines()}`, ...blocks].join('\n\n\n')}\n`
  }

  #use(module: string, name: string): string {
    const names = this.#imports.get(module) ?? new Set()
    this.#imports.set(module, names.add(name))
    return name
  }

  #importLines(): string {
    const line = (module: string): string[] => {
      const names = [...(this.#imports.get(module) ?? [])].sort()
      if (names.length === 0) return []
      if (module === '') return names.map((name) => `import ${name}`)
      const start = `from ${module} import`
      const whole = `${start} ${names.join(', ')}`
      return [whole.length <= 120 ? whole : `${start} (\n${names.map((name) => `    ${name},\n`).join('')})`]
    }
    const [own, theirs] = [MODULES.slice(0, 4).flatMap(line), MODULES.slice(4).flatMap(line)]
    return [own.join('\n'), theirs.join('\n')].filter((text) => text !== '').join('\n\n')
  }

  #docstring(lines: readonly string[], indent: string): string {
    const safe = lines.map((line) => line.replaceAll('\\', '\\\\').replaceAll('"""', '\\"\\"\\"'))
    const [first = ''] = safe
    if (safe.length === 1) return `${indent}"""${first.endsWith('"') ? `${first.slice(0, -1)}\\"` : first}"""\n`
    return `${[`"""${first}`, ...safe.slice(1), '"""'].map((line) => (line === '' ? '' : indent + line)).join('\n')}\n`
  }

  #comments(doc: string | undefined): string[] {
    return (docLines(doc) ?? []).map((line) => `    # ${line}`.trimEnd())
  }

  #enum({ name, tag, members, base, doc }: EnumDescription): string {
    const values = members.map(({ value }) => value)
    const isText = base === 'string' || (base === undefined && values.every((value) => typeof value === 'string'))
    const isNumber = base === 'int' || (base === undefined && values.every((value) => Number.isInteger(value)))
    // JSON messages cannot contain members of a plain `Enum`.
    const bases = isText
      ? `str, ${this.#use('enum', 'Enum')}`
      : isNumber
        ? this.#use('enum', 'IntEnum')
        : this.#use('enum', 'Enum')
    this.#written.add(name)
    const lines = docLines(doc)
    return [
      `@${this.#use('aster', 'wire_type')}(${pythonString(tag)})`,
      `class ${this.#names.nameOf(name)}(${bases}):`,
      ...(lines === undefined ? [] : [this.#docstring(lines, '    ')]),
      ...members.flatMap((member) => {
        const value = typeof member.value === 'string' ? pythonString(member.value) : String(member.value)
        return [...this.#comments(member.doc), `    ${this.#names.nameOf(`${name}.${member.name}`)} = ${value}`]
      }),
    ].join('\n')
  }

  #struct(struct: StructDescription): string {
    const { name, tag, fields, doc } = struct
    const left = fields.map((field) => hasDefault(field, struct, this.#index))
    // In Python, a field without a default cannot follow a field with one, unless all arguments are passed by name.
    const isMixed = left.some((has, i) => !has && left.slice(0, i).includes(true))
    const members = fields.flatMap((field, i) => [
      ...this.#comments(field.doc),
      `    ${this.#field(struct, field, left[i] === true)}`,
    ])
    const lines = docLines(doc)
    const body = [...(lines === undefined ? [] : [this.#docstring(lines, '    ')]), ...members]
    const dataclass = this.#use('dataclasses', 'dataclass')
    this.#written.add(name)
    return [
      `@${this.#use('aster', 'wire_type')}(${pythonString(tag)})`,
      isMixed ? `@${dataclass}(kw_only=True)` : `@${dataclass}`,
      `class ${this.#names.nameOf(name)}:`,
      ...(body.length === 0 ? ['    pass'] : body),
    ].join('\n')
  }

  #field(struct: StructDescription, { wireName, type, default: json }: FieldDescription, left: boolean): string {
    if (!isPythonName(wireName))
      this.#problems.push(`${struct.name}.${wireName}: expected a valid name in Python; set another wire name`)
    const text = annotation(type, this.#names)
    const later = this.#namesLater(type)
    const own = left ? defaultOf(type, json, this.#names) : ''
    return `${wireName}: ${later ? pythonString(text) : text}${own}`
  }

  #namesLater(type: TypeDescription): boolean {
    switch (type.kind) {
      case 'struct':
      case 'enum':
        return !this.#written.has(type.name)
      case 'optional':
        return this.#namesLater(type.inner)
      case 'list':
      case 'set':
        return this.#namesLater(type.element)
      case 'record':
        return this.#namesLater(type.value)
      case 'map':
        return this.#namesLater(type.key) || this.#namesLater(type.value)
      default:
        return false
    }
  }

  #service(service: ServiceDescription): string {
    const { name, constant, version, scope, requires, methods, doc } = service
    const args = [`name=${pythonString(name)}`, `version=${version}`]
    if (scope === 'session') args.push('scoped="session"')
    const modes = this.#modes(service)
    if (modes !== undefined) args.push(`serialization=${modes}`)
    if (requires !== undefined) args.push(`requires=${this.#requirement(requires)}`)
    const lines = docLines(doc)
    const head = [
      `@${this.#use('aster', 'service')}(${args.join(', ')})`,
      `class ${this.#names.nameOf(constant)}:`,
      ...(lines === undefined ? [] : [this.#docstring(lines, '    ')]),
    ].join('\n')
    const members = [
      // aster-rpc passes the peer to each session.
      ...(scope === 'session' ? [this.#sessionInit()] : []),
      ...methods.map((method) => this.#method(constant, method)),
    ]
    if (members.length === 0) return lines === undefined ? `${head}\n    pass` : head.trimEnd()
    return `${head}\n${members.join('\n\n')}`
  }

  #sessionInit(): string {
    return [
      `    def __init__(self, peer: ${this.#use('typing', 'Optional')}[str] = None) -> None:`,
      '        self.peer = peer',
    ].join('\n')
  }

  /** Returns the serialization modes in code, or `undefined` for the default. A type that contains itself can be sent by aster-rpc
   * 0.1.2 in JSON alone. */
  #modes(service: ServiceDescription): string | undefined {
    const types = typesOf({ ...this.#description, services: [service] })
    const isRecursive = types.some(({ name }) => this.#recursive.has(name))
    const modes = isRecursive ? ['json'] : service.serializationModes
    if (modes.length === 0 || (modes.length === 1 && modes[0] === 'xlang')) return undefined
    const mode = this.#use('aster', 'SerializationMode')
    return `[${modes.map((one) => `${mode}.${one.toUpperCase()}`).join(', ')}]`
  }

  #requirement({ kind, roles }: NonNullable<ServiceDescription['requires']>): string {
    if (kind === 'role') return pythonString(roles[0] ?? '')
    return `${this.#use('aster', kind === 'anyOf' ? 'any_of' : 'all_of')}(${roles.map(pythonString).join(', ')})`
  }

  #method(service: string, method: MethodDescription): string {
    const { wireName, kind, request, response, idempotent, timeoutMs, requires, doc } = method
    if (!isPythonName(wireName))
      this.#problems.push(`${service}.${wireName}: expected a valid name in Python; set another wireName`)
    const options: string[] = []
    if (timeoutMs !== undefined) options.push(`timeout=${timeoutMs / 1000}`)
    if (idempotent === true) options.push('idempotent=True')
    if (requires !== undefined) options.push(`requires=${this.#requirement(requires)}`)
    const decorator = this.#use('aster', PATTERNS[kind])
    const stream = (text: string): string => `${this.#use('typing', 'AsyncIterator')}[${text}]`
    const [req, res] = [annotation(request, this.#names), annotation(response, this.#names)]
    const takesStream = kind === 'clientStream' || kind === 'bidiStream'
    const returnsStream = kind === 'serverStream' || kind === 'bidiStream'
    const parameter = takesStream ? `reqs: ${stream(req)}` : `req: ${req}`
    const lines = docLines(doc)
    return [
      `    @${decorator}${options.length === 0 ? '' : `(${options.join(', ')})`}`,
      `    async def ${wireName}(self, ${parameter}) -> ${returnsStream ? stream(res) : res}:`,
      ...(lines === undefined ? [] : [this.#docstring(lines, '        ').trimEnd()]),
      '        raise NotImplementedError',
      // The `yield` makes the method a generator, as a producer's has to be.
      ...(returnsStream ? ['        yield'] : []),
    ].join('\n')
  }
}
