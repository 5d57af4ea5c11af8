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
import { snakeCase } from '@aster/rpc-core/schema'
import { type Group, type Item, type Layout, render, type Style } from './layout.ts'
import { docLines, quote } from './source-text.ts'
import { hasDefault, recursiveStructs } from './type-graph.ts'
import { formatsIn, mentions, mentionsTimestamp, unionIn } from './type-parts.ts'
import { namesInCode } from './typescript-names.ts'
import { isNumberFormat, memberType, NUMBER_FORMATS, typeExpression } from './typescript-types.ts'
import { callOf, keyOf, objectOf, valueOf } from './typescript-values.ts'

export interface TypeScriptOptions {
  /** The package that the code imports. */
  readonly importFrom: '@aster/client' | '@aster/rpc-core'
  /** The comment on the first line. */
  readonly heading: string
}

const STYLE: Style = { width: 120, indent: '  ', comment: jsdoc }

function jsdoc(lines: readonly string[]): readonly string[] {
  const safe = lines.map((line) => line.replaceAll('*/', '*\\/'))
  const [first = ''] = safe
  return safe.length === 1 ? [`/** ${first} */`] : ['/**', ...safe.map((line) => ` * ${line}`.trimEnd()), ' */']
}

/** Every name that the code may import. No constant gets one of these names. */
const IMPORTS = [
  'allOf',
  'anyOf',
  'bidiStream',
  'clientStream',
  'defineService',
  'Infer',
  'Init',
  'serverStream',
  't',
  'Timestamp',
  'unary',
].concat(NUMBER_FORMATS)

/** Returns definitions in TypeScript: a constant and a type for each struct and enum, and a constant for each service. */
export function writeTypeScript(description: Description, options: TypeScriptOptions): string {
  return new Writer(description, options).file()
}

class Writer {
  readonly #description: Description
  readonly #options: TypeScriptOptions
  readonly #index: ReadonlyMap<string, NamedTypeDescription>
  readonly #names: ReadonlyMap<string, string>
  readonly #recursive: ReadonlySet<string>
  readonly #written = new Set<string>()
  readonly #values = new Set<string>()
  readonly #types = new Set<string>()

  constructor(description: Description, options: TypeScriptOptions) {
    this.#description = description
    this.#options = options
    this.#index = new Map(description.types.map((type) => [type.name, type]))
    this.#recursive = recursiveStructs(description)
    const inits = [...this.#recursive].map((name) => `${name}Init`)
    this.#names = namesInCode(description, [...IMPORTS, ...inits])
  }

  file(): string {
    const { types, services } = this.#description
    const blocks = [
      ...types.map((type) => (type.kind === 'struct' ? this.#struct(type) : this.#enum(type))),
      ...services.map((service) => this.#service(service)),
    ]
    const head = `// ${this.#options.heading}`
    return `${[`${head}\n\n${this.#imports()}`, ...blocks].join('\n\n')}\n`
  }

  #nameOf(name: string): string {
    return this.#names.get(name) ?? name
  }

  #use(name: string): string {
    this.#values.add(name)
    return name
  }

  #imports(): string {
    const { importFrom } = this.#options
    const formats = [...this.#values].filter(isNumberFormat)
    const apart = importFrom === '@aster/client' ? [] : formats
    const names = [
      ...[...this.#values].filter((name) => !apart.includes(name as never)).map((name) => [name, name] as const),
      ...[...this.#types].filter((name) => !this.#values.has(name)).map((name) => [name, `type ${name}`] as const),
    ].sort(([a], [b]) => compareNames(a, b))
    const line = (specifiers: readonly string[], from: string): string => {
      const group: Group = { open: '{', items: specifiers.map((value) => ({ value })), close: '}', pad: ' ' }
      return render(group, STYLE, 'import ', 0, ` from ${quote(from)}`)
    }
    const lines =
      names.length === 0
        ? []
        : [
            line(
              names.map(([, text]) => text),
              importFrom,
            ),
          ]
    if (apart.length > 0) lines.unshift(line(apart.sort(compareNames), '@aster/codec-fory'))
    return lines.length === 0 ? 'export {}' : lines.join('\n')
  }

  #declare(doc: string | undefined, before: string, layout: Layout): string {
    const lines = docLines(doc)
    return [...(lines === undefined ? [] : jsdoc(lines)), render(layout, STYLE, before)].join('\n')
  }

  #enum({ name, tag, members, unknown, doc }: EnumDescription): string {
    this.#use('t')
    this.#types.add('Infer')
    const own = this.#nameOf(name)
    const items = members.map((member): Item => ({
      key: keyOf(member.name),
      doc: docLines(member.doc),
      value: literal(member.value),
    }))
    const options = unknown === undefined ? [] : [objectOf([{ key: 'unknown: ', value: literal(unknown) }])]
    const layout = callOf('t.enum', [quote(tag), objectOf(items), ...options], options.length === 0)
    this.#written.add(name)
    return `${this.#declare(doc, `export const ${own} = `, layout)}\nexport type ${own} = Infer<typeof ${own}>`
  }

  #struct(struct: StructDescription): string {
    this.#use('t')
    const { name, tag, fields, required = false, doc } = struct
    const own = this.#nameOf(name)
    // With `exact`, field names are wire names.
    const exact = fields.some((field) => !isDerived(field)) && fields.every(isExact)
    const items = fields.map((field): Item => ({
      key: keyOf(field.name),
      doc: docLines(this.#fieldDoc(field)),
      value: this.#field(field, exact),
    }))
    const options = [
      ...(exact ? [{ key: 'naming: ', value: quote('exact') }] : []),
      ...(required ? [{ key: 'required: ', value: 'true' }] : []),
    ]
    const args = [quote(tag), objectOf(items), ...(options.length === 0 ? [] : [objectOf(options)])]
    const layout = callOf('t.struct', args, options.length === 0)
    const isRecursive = this.#recursive.has(name)
    const declared = isRecursive ? `${own}: t.Type<${own}, ${own}Init>` : own
    const code = this.#declare(doc, `export const ${declared} = `, layout)
    this.#written.add(name)
    if (isRecursive) return `${this.#interfaces(struct, own)}\n${code}`
    this.#types.add('Infer')
    return `${code}\nexport type ${own} = Infer<typeof ${own}>`
  }

  #field({ name, wireName, type, default: json }: FieldDescription, exact: boolean): Layout {
    const names = {
      nameOf: (inner: string) => this.#nameOf(inner),
      isLater: (inner: string) => !this.#written.has(inner),
    }
    const bare = typeExpression(type, names)
    for (const format of formatsIn(type)) this.#use(format)
    const whole = json === undefined ? bare : callOf('t.withDefault', [bare, valueOf(type, json, this.#index)])
    if (json !== undefined && mentionsTimestamp(type, this.#index)) this.#useTimestamp(whole)
    return exact || snakeCase(name) === wireName ? whole : callOf('t.named', [quote(wireName), whole])
  }

  #useTimestamp(layout: Layout): void {
    if (render(layout, { ...STYLE, width: 1_000_000 }).includes('Timestamp.parse(')) this.#use('Timestamp')
  }

  #fieldDoc({ doc, type }: FieldDescription): string | undefined {
    const known = unionIn(type)
    if (known === undefined) return doc
    const describe = (one: TypeDescription): string =>
      one.kind === 'struct' || one.kind === 'enum' ? this.#nameOf(one.name) : typeExpression(one, PLAIN_NAMES)
    const structs = known.flatMap((one) => (one.kind === 'struct' || one.kind === 'enum' ? this.#nameOf(one.name) : []))
    const codec =
      structs.length === 0 ? '' : ` A codec reads it with \`new ForyCodec({ types: [${structs.join(', ')}] })\`.`
    const text = `One of ${known.map((one) => `\`${describe(one)}\``).join(', ')}.${codec}`
    return doc === undefined ? text : `${doc}\n\n${text}`
  }

  /**
   * Writes the interfaces of a struct that contains itself, since TypeScript cannot infer the type of a constant that refers to
   * itself.
   */
  #interfaces(struct: StructDescription, own: string): string {
    const members = (init: boolean): string[] =>
      struct.fields.flatMap((field) => {
        const type = memberType(field.type, { init, typeOf: (one) => this.#memberName(one, init) })
        const optional = init && hasDefault(field, struct, this.#index)
        const key = keyOf(field.name).slice(0, -2)
        const full = optional && !type.endsWith('undefined') && type !== 'unknown' ? `${type} | undefined` : type
        const line = init ? `readonly ${key}${optional ? '?' : ''}: ${full}` : `${key}: ${type}`
        const lines = init ? undefined : docLines(this.#fieldDoc(field))
        return [...(lines === undefined ? [] : jsdoc(lines)), line].map((text) => `  ${text}`)
      })
    for (const field of struct.fields) if (mentions(field.type, 'timestamp')) this.#types.add('Timestamp')
    const doc = docLines(struct.doc)
    return [
      ...(doc === undefined ? [] : jsdoc(doc)),
      `export interface ${own} {`,
      ...members(false),
      '}',
      `export interface ${own}Init {`,
      ...members(true),
      '}',
    ].join('\n')
  }

  #memberName({ kind, name }: { readonly kind: 'struct' | 'enum'; readonly name: string }, init: boolean): string {
    const own = this.#nameOf(name)
    if (!init || kind === 'enum') return own
    if (this.#recursive.has(name)) return `${own}Init`
    return `t.Init<typeof ${own}>`
  }

  #service({ name, constant, version, scope, requires, maxMessageBytes, methods, doc }: ServiceDescription): string {
    this.#use('defineService')
    const items: Item[] = [{ key: 'name: ', value: quote(name) }]
    if (version !== 1) items.push({ key: 'version: ', value: String(version) })
    if (scope !== 'shared') items.push({ key: 'scope: ', value: quote(scope) })
    if (maxMessageBytes !== undefined) items.push({ key: 'maxMessageBytes: ', value: String(maxMessageBytes) })
    if (requires !== undefined) items.push({ key: 'requires: ', value: this.#requirement(requires) })
    const lines = methods.map((method): Item => ({
      key: keyOf(method.name),
      doc: docLines(method.doc),
      value: this.#method(method),
    }))
    items.push({ key: 'methods: ', value: objectOf(lines) })
    return this.#declare(doc, `export const ${this.#nameOf(constant)} = `, callOf('defineService', [objectOf(items)]))
  }

  #method(method: MethodDescription): Layout {
    const { name, wireName, kind, request, response, idempotent, timeoutMs, maxMessageBytes, requires } = method
    const names = { nameOf: (inner: string) => this.#nameOf(inner), isLater: () => false }
    const message = (type: TypeDescription): string => {
      for (const format of formatsIn(type)) this.#use(format)
      const text = typeExpression(type, names)
      if (text.includes('t.')) this.#use('t')
      return text
    }
    const options: Item[] = []
    if (snakeCase(name) !== wireName) options.push({ key: 'wireName: ', value: quote(wireName) })
    if (idempotent === true) options.push({ key: 'idempotent: ', value: 'true' })
    if (timeoutMs !== undefined) options.push({ key: 'timeoutMs: ', value: number(timeoutMs) })
    if (maxMessageBytes !== undefined) options.push({ key: 'maxMessageBytes: ', value: String(maxMessageBytes) })
    if (requires !== undefined) options.push({ key: 'requires: ', value: this.#requirement(requires) })
    const args = [message(request), message(response), ...(options.length === 0 ? [] : [objectOf(options)])]
    return callOf(this.#use(kind), args)
  }

  #requirement({ kind, roles }: NonNullable<ServiceDescription['requires']>): Layout {
    if (kind === 'role') return quote(roles[0] ?? '')
    return callOf(this.#use(kind), roles.map(quote))
  }
}

const PLAIN_NAMES = { nameOf: (name: string) => name, isLater: () => false }

/** Formats an integer. From five digits on, underscores group the digits: `15_000`. */
function number(value: number): string {
  return Number.isInteger(value) && value >= 10_000 ? String(value).replace(/\B(?=(\d{3})+$)/g, '_') : String(value)
}

function literal(value: string | number): string {
  return typeof value === 'string' ? quote(value) : String(value)
}

const isExact = ({ name, wireName }: FieldDescription): boolean => name === wireName
const isDerived = ({ name, wireName }: FieldDescription): boolean => snakeCase(name) === wireName

/** Compares names as formatters sort imports: without regard to case. */
function compareNames(a: string, b: string): number {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()]
  return x < y ? -1 : x > y ? 1 : 0
}
