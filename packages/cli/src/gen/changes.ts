import type {
  Description,
  FieldDescription,
  MethodDescription,
  NamedTypeDescription,
  ServiceDescription,
  StructDescription,
  TypeDescription,
} from '@aster/description'
import { type AddChange, type Change, showJson, type Use } from './change.ts'
import { compareEnums } from './enum-changes.ts'
import { hasDefault } from './type-graph.ts'
import { typeExpression } from './typescript-types.ts'

/** Returns the differences between two descriptions, as seen by peers that have `before`. */
export function compareDescriptions(before: Description, after: Description): readonly Change[] {
  const comparison = new Comparison(before, after)
  comparison.services()
  return comparison.changes
}

const SAME_ON_WIRE: ReadonlySet<string> = new Set(['int', 'int64'])
const XLANG_STRUCTS = 'in XLANG both sides must have the same fields'

class Comparison {
  readonly #before: Description
  readonly #after: Description
  readonly #found = new Map<string, Change>()
  readonly #seen = new Set<string>()
  readonly #old: ReadonlyMap<string, NamedTypeDescription>
  readonly #new: ReadonlyMap<string, NamedTypeDescription>

  constructor(before: Description, after: Description) {
    this.#before = before
    this.#after = after
    this.#old = new Map(before.types.map((type) => [type.name, type]))
    this.#new = new Map(after.types.map((type) => [type.name, type]))
  }

  get changes(): readonly Change[] {
    return [...this.#found.values()]
  }

  #add(...[subject, change, [breaks, reason]]: Parameters<AddChange>): void {
    const key = `${subject}: ${change}`
    const known = this.#found.get(key)
    // If a type is used several times, the use that breaks peers decides.
    if (known === undefined || (breaks && !known.breaks)) this.#found.set(key, { subject, change, breaks, reason })
  }

  services(): void {
    const key = ({ name, version }: ServiceDescription): string => `${version} ${name}`
    const olds = new Map(this.#before.services.map((service) => [key(service), service]))
    const news = new Map(this.#after.services.map((service) => [key(service), service]))
    const added = this.#after.services.filter((service) => !olds.has(key(service)))
    for (const service of this.#before.services) {
      const same = news.get(key(service))
      if (same !== undefined) {
        this.#service(service, same)
        continue
      }
      const next = added.find(({ name }) => name === service.name)
      if (next === undefined) {
        this.#add(service.name, `version ${service.version} removed`, [true, 'calls of it are answered with NOT_FOUND'])
        continue
      }
      added.splice(added.indexOf(next), 1)
      const reason = `peers that ask for version ${service.version} do not find it; serve both beside each other`
      this.#add(service.name, `version ${service.version} is now ${next.version}`, [true, reason])
      this.#service(service, next)
    }
    for (const { name, version } of added)
      this.#add(name, `version ${version} added`, [false, 'only those that know it call it'])
  }

  #service(old: ServiceDescription, now: ServiceDescription): void {
    const { name } = now
    if (old.scope !== now.scope)
      this.#add(name, `scope ${old.scope} is now ${now.scope}`, [true, 'calls of the other kind are refused'])
    this.#requirement(name, old.requires, now.requires)
    if (old.constant !== now.constant)
      this.#add(name, `its constant ${old.constant} is now ${now.constant}`, [false, 'only code that names it changes'])
    this.#limit(name, old.maxMessageBytes, now.maxMessageBytes)
    const olds = new Map(old.methods.map((method) => [method.wireName, method]))
    for (const method of now.methods) {
      const before = olds.get(method.wireName)
      olds.delete(method.wireName)
      const subject = `${name}.${method.name}`
      if (before === undefined)
        this.#add(subject, 'added', [false, 'older producers answer UNIMPLEMENTED to those that call it'])
      else this.#method(subject, now, before, method)
    }
    for (const method of olds.values())
      this.#add(`${name}.${method.name}`, 'removed', [true, 'calls of it are answered with UNIMPLEMENTED'])
  }

  #method(
    subject: string,
    { serializationModes }: ServiceDescription,
    old: MethodDescription,
    now: MethodDescription,
  ): void {
    if (old.kind !== now.kind)
      this.#add(subject, `${old.kind} is now ${now.kind}`, [true, 'the two sides wait for different messages'])
    if (old.name !== now.name)
      this.#add(subject, `was called ${old.name} in code`, [false, 'its name on the wire stays'])
    if ((old.idempotent ?? false) !== (now.idempotent ?? false)) {
      const text = now.idempotent === true ? 'now idempotent' : 'no longer idempotent'
      this.#add(subject, text, [false, 'only retries look at it; the contract id changes'])
    }
    if (old.timeoutMs !== now.timeoutMs) {
      const show = (ms: number | undefined): string => (ms === undefined ? 'none' : `${ms} ms`)
      const change = `timeout ${show(old.timeoutMs)} is now ${show(now.timeoutMs)}`
      this.#add(subject, change, [false, 'each side keeps its own; the contract id changes'])
    }
    this.#requirement(subject, old.requires, now.requires)
    this.#limit(subject, old.maxMessageBytes, now.maxMessageBytes)
    const json = serializationModes.includes('json')
    const use = { xlang: !json || serializationModes.length > 1, json }
    this.#type(`${subject}, the request`, old.request, now.request, { side: 'request', ...use })
    this.#type(`${subject}, the response`, old.response, now.response, { side: 'response', ...use })
  }

  #requirement(subject: string, old: ServiceDescription['requires'], now: ServiceDescription['requires']): void {
    const show = (rule: ServiceDescription['requires']): string =>
      rule === undefined ? 'nothing' : `${rule.kind === 'role' ? '' : `${rule.kind} of `}${rule.roles.join(', ')}`
    if (show(old) === show(now)) return
    const reason = now === undefined ? 'more callers are admitted' : 'callers without the role are refused'
    this.#add(subject, `requires ${show(old)}, now ${show(now)}`, [now !== undefined, reason])
  }

  #limit(subject: string, old: number | undefined, now: number | undefined): void {
    if (old === now) return
    const lower = now !== undefined && (old === undefined || now < old)
    const change = `maxMessageBytes ${old ?? 'none'} is now ${now ?? 'none'}`
    this.#add(subject, change, [lower, lower ? 'larger messages are refused' : 'larger messages are read'])
  }

  /** Compares the types of a field, request or response. */
  #type(subject: string, old: TypeDescription, now: TypeDescription, use: Use): void {
    if (old.kind !== now.kind) {
      const isSameOnWire = SAME_ON_WIRE.has(old.kind) && SAME_ON_WIRE.has(now.kind)
      const reason = isSameOnWire ? 'both are 64 bits on the wire' : 'messages of the other type cannot be read'
      this.#add(subject, this.#retyped(old, now), [!isSameOnWire, reason])
      return
    }
    switch (now.kind) {
      case 'optional':
        return this.#type(subject, (old as typeof now).inner, now.inner, use)
      case 'list':
      case 'set':
        return this.#type(subject, (old as typeof now).element, now.element, use)
      case 'record':
        return this.#type(subject, (old as typeof now).value, now.value, use)
      case 'map':
        this.#type(subject, (old as typeof now).key, now.key, use)
        return this.#type(subject, (old as typeof now).value, now.value, use)
      case 'struct':
      case 'enum':
        return this.#named(subject, (old as typeof now).name, now.name, use)
      default:
        return undefined
    }
  }

  #retyped(old: TypeDescription, now: TypeDescription): string {
    if (now.kind === 'optional' && isSame(now.inner, old)) return 'made optional'
    if (old.kind === 'optional' && isSame(old.inner, now)) return 'no longer optional'
    return `${show(old)} is now ${show(now)}`
  }

  #named(subject: string, oldName: string, newName: string, use: Use): void {
    const [old, now] = [this.#old.get(oldName), this.#new.get(newName)]
    if (old === undefined || now === undefined || old.kind !== now.kind) return
    if (old.tag !== now.tag) {
      if (old.name !== now.name) {
        this.#add(subject, `${old.name} is now ${now.name}`, [true, 'messages of the other type cannot be read'])
        return
      }
      const reason = use.xlang ? 'in XLANG both sides must have the same tag' : 'JSON messages do not have it'
      const breaks = use.xlang && now.kind === 'struct'
      this.#add(now.name, `tag ${old.tag} is now ${now.tag}`, [breaks, reason])
    } else if (old.name !== now.name) this.#add(now.name, `was called ${old.name} in code`, [false, 'its tag stays'])
    const key = [oldName, newName, use.side, use.xlang, use.json].join(' ')
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    if (old.kind === 'struct' && now.kind === 'struct') this.#struct(old, now, use)
    if (old.kind === 'enum' && now.kind === 'enum') compareEnums(old, now, use, (...change) => this.#add(...change))
  }

  #struct(old: StructDescription, now: StructDescription, use: Use): void {
    const olds = new Map(old.fields.map((field) => [field.wireName, field]))
    const news = new Map(now.fields.map((field) => [field.wireName, field]))
    const gone = old.fields.filter(({ wireName }) => !news.has(wireName))
    const common = now.fields.filter(({ wireName }) => olds.has(wireName))
    for (const field of now.fields) {
      const before = olds.get(field.wireName)
      if (before !== undefined) {
        this.#field(old, now, before, field, use)
        continue
      }
      // If a field of the same type is gone from the same place, the field was renamed.
      const renamed = gone.find((one) => isSame(one.type, field.type) && sharesPlace(one, old, field, now))
      if (renamed === undefined) {
        this.#add(`${now.name}.${field.name}`, `added (${show(field.type)})`, this.#addedField(field, now, use))
        continue
      }
      gone.splice(gone.indexOf(renamed), 1)
      const reason = use.xlang ? XLANG_STRUCTS : 'in JSON the other name is missing, or refused'
      this.#add(`${now.name}.${field.name}`, `renamed from ${renamed.wireName} to ${field.wireName}`, [true, reason])
    }
    for (const field of gone) this.#add(`${now.name}.${field.name}`, 'removed', this.#removedField(field, old, use))
    const order = common.map(({ wireName }) => wireName)
    const before = old.fields.filter(({ wireName }) => news.has(wireName)).map(({ wireName }) => wireName)
    if (order.join() !== before.join())
      this.#add(now.name, 'fields in another order', [false, 'neither format has it; the contract id changes'])
  }

  #addedField(field: FieldDescription, struct: StructDescription, use: Use): readonly [boolean, string] {
    if (use.xlang) return [true, XLANG_STRUCTS]
    if (use.side === 'request') return [true, 'older producers refuse a field that they do not know']
    return hasDefault(field, struct, this.#new)
      ? [false, 'older clients pass over it, and newer ones take its default']
      : [true, 'newer clients do not find it in the answers of older producers']
  }

  #removedField(field: FieldDescription, struct: StructDescription, use: Use): readonly [boolean, string] {
    if (use.xlang) return [true, XLANG_STRUCTS]
    if (use.side === 'request') return [true, 'newer producers refuse a field that they do not know']
    return hasDefault(field, struct, this.#old)
      ? [false, 'older clients take its default']
      : [true, 'older clients do not find it in the answer']
  }

  #field(
    oldStruct: StructDescription,
    newStruct: StructDescription,
    old: FieldDescription,
    now: FieldDescription,
    use: Use,
  ): void {
    const subject = `${newStruct.name}.${now.name}`
    if (old.name !== now.name)
      this.#add(subject, `was called ${old.name} in code`, [false, 'its name on the wire stays'])
    this.#type(subject, old.type, now.type, use)
    const [before, after] = [hasDefault(old, oldStruct, this.#old), hasDefault(now, newStruct, this.#new)]
    if (before !== after) {
      const text = after ? 'may now be left out' : 'is required now'
      const breaks = !use.xlang && !after && use.side === 'request'
      const reason = breaks ? 'requests of older clients may lack it' : 'every message has it all the same'
      this.#add(subject, text, [breaks, reason])
    } else if (JSON.stringify(old.default) !== JSON.stringify(now.default))
      this.#add(subject, `default ${showJson(old.default)} is now ${showJson(now.default)}`, [
        false,
        'each side fills in its own',
      ])
  }
}

/** Whether two fields have the same position in their structs, counted from the start or from the end. */
function sharesPlace(
  old: FieldDescription,
  { fields: olds }: StructDescription,
  now: FieldDescription,
  { fields: news }: StructDescription,
): boolean {
  const [i, j] = [olds.indexOf(old), news.indexOf(now)]
  return i === j || olds.length - i === news.length - j
}

const isSame = (a: TypeDescription, b: TypeDescription): boolean => JSON.stringify(a) === JSON.stringify(b)
const show = (type: TypeDescription): string => typeExpression(type, { nameOf: (name) => name, isLater: () => false })
