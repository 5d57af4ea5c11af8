import type { Description, MethodDescription, ServiceSummary, TypeDescription } from '@aster/client'
import { escapeUnprintable, isPrintable } from '@aster/rpc-core/schema'
import { findService } from '../remote/target.ts'
import { COMMANDS, SETTINGS } from './commands.ts'
import { locate } from './partial-json.ts'

/** The state of the shell that completion uses. */
export interface Known {
  readonly services: readonly ServiceSummary[]
  readonly description: Description | undefined
  /** The service in use, whose methods need no prefix. */
  readonly current: ServiceSummary | undefined
  /** The method of the running conversation, in which each line is a request. */
  readonly conversation?: MethodDescription | undefined
}

/** The completions of the end of a line, and the part of the line that they replace. */
export type Completions = readonly [hits: string[], part: string]

/** Returns the completions of a line: services, methods, fields and values. */
export function complete(line: string, known: Known): Completions {
  if (known.conversation !== undefined) return completeJson(line, known.conversation, known)
  const [, word = '', rest] = /^\s*(\S*)(\s.*)?$/s.exec(line) ?? []
  if (rest === undefined) return [starting(firstWords(known), word), word]
  const part = /\S*$/.exec(rest)?.[0] ?? ''
  if (word === 'use') return [starting(names(known), part), part]
  if (word === 'describe') return [starting([...names(known), ...targets(known)], part), part]
  if (word === 'set')
    return [
      starting(
        SETTINGS.map((one) => `${one} `),
        part,
      ),
      part,
    ]
  const method = findMethod(word, known)
  return method === undefined ? [[], part] : completeJson(rest, method, known)
}

/** Names with control characters are not offered, since completing them would write to the terminal. */
const starting = (all: readonly string[], part: string): string[] =>
  [...new Set(all)].filter((one) => one.startsWith(part) && isPrintable(one))

const names = ({ services }: Known): readonly string[] => services.map(({ name }) => name)

function firstWords(known: Known): readonly string[] {
  const own = known.current === undefined ? [] : methodsOf(known.current, known).map(({ wireName }) => `${wireName} `)
  return [...own, ...targets(known).map((one) => `${one} `), ...COMMANDS.map((one) => `${one} `)]
}

/** Returns `Service.method` for each described service, and `Service.` for the others. */
function targets(known: Known): readonly string[] {
  return known.services.flatMap((service) => {
    const methods = methodsOf(service, known)
    return methods.length === 0 ? [`${service.name}.`] : methods.map(({ wireName }) => `${service.name}.${wireName}`)
  })
}

function methodsOf(service: ServiceSummary, { description }: Known): readonly MethodDescription[] {
  return findService(description, service)?.methods ?? []
}

function findMethod(word: string, known: Known): MethodDescription | undefined {
  const { services, current } = known
  const dot = word.lastIndexOf('.')
  const service = dot < 0 ? current : services.find(({ name }) => name === word.slice(0, dot))
  return service && methodsOf(service, known).find(({ wireName }) => wireName === word.slice(dot + 1))
}

function completeJson(text: string, method: MethodDescription, { description }: Known): Completions {
  if (text.trim() === '') return [['{'], '']
  const { path, expects, fragment, keys } = locate(text)
  const types = new Map(description?.types.map((type) => [type.name, type]))
  const type = path.reduce<TypeDescription | undefined>(
    (outer, segment) => partOf(outer, segment, types),
    method.request,
  )
  if (expects === 'key') {
    const struct = structOf(type, types)
    const fields = struct?.fields.map(({ wireName }) => wireName).filter((name) => !keys.includes(name)) ?? []
    return [
      starting(
        fields.map((name) => `${escapeUnprintable(JSON.stringify(name))}: `),
        fragment,
      ),
      fragment,
    ]
  }
  if (expects === 'value') return [starting(valuesOf(type, types), fragment), fragment]
  return [[], fragment]
}

type Types = ReadonlyMap<string, Description['types'][number]>

function bare(type: TypeDescription | undefined): TypeDescription | undefined {
  return type?.kind === 'optional' ? bare(type.inner) : type
}

function structOf(type: TypeDescription | undefined, types: Types) {
  const own = bare(type)
  const found = own?.kind === 'struct' ? types.get(own.name) : undefined
  return found?.kind === 'struct' ? found : undefined
}

function partOf(
  outer: TypeDescription | undefined,
  segment: string | number,
  types: Types,
): TypeDescription | undefined {
  const type = bare(outer)
  switch (type?.kind) {
    case 'struct':
      return structOf(type, types)?.fields.find(({ wireName }) => wireName === segment)?.type
    case 'list':
    case 'set':
      return typeof segment === 'number' ? type.element : undefined
    case 'record':
    case 'map':
      return type.value
    default:
      return undefined
  }
}

function valuesOf(type: TypeDescription | undefined, types: Types): readonly string[] {
  const own = bare(type)
  const more = type?.kind === 'optional' ? ['null'] : []
  switch (own?.kind) {
    case 'bool':
      return ['true', 'false', ...more]
    case 'enum': {
      const found = types.get(own.name)
      return found?.kind === 'enum' ? [...found.members.map(({ value }) => JSON.stringify(value)), ...more] : more
    }
    case 'struct':
    case 'record':
    case 'map':
      return ['{', ...more]
    case 'list':
    case 'set':
      return ['[', ...more]
    case 'string':
      return ['"', ...more]
    default:
      return more
  }
}
