import { runInNewContext } from 'node:vm'
import { describeServices, type Description } from '@aster/description'
import {
  allOf,
  anyOf,
  bidiStream,
  clientStream,
  defineService,
  type EnumType,
  serverStream,
  type ServiceDefinition,
  type StructType,
  t,
  Timestamp,
  unary,
} from '@aster/rpc-core'
import { isObject } from '@aster/rpc-core/schema'
import { NUMBER_FORMATS } from './typescript-types.ts'

const FORMAT = Symbol.for('aster.fory.format')
const formats = Object.fromEntries(
  NUMBER_FORMATS.map((format) => {
    const kind = format.replace(/^(fixed|tagged)/, '').toLowerCase() as 'int32'
    return [format, { ...t[kind], [FORMAT]: format }]
  }),
)

/**
 * Reads a file that `writeTypeScript` wrote and returns the description of its services.
 *
 * @throws an error of any class if something else wrote the file
 */
export function readTypeScript(text: string): Description {
  const code = text
    .replaceAll(/^import [^]*?\bfrom '[^'\n]*'$/gm, '')
    .replaceAll(/^export interface [^]*?^}$/gm, '')
    .replaceAll(/^export type .*$/gm, '')
    .replaceAll(/^export \{\}$/gm, '')
    .replaceAll(
      /^export const ([\p{ID_Start}_$][\p{ID_Continue}$]*)(?:: t\.Type<[^=\n]*>)? = /gmu,
      'const $1 = exported.$1 = ',
    )
  const exported: Record<string, unknown> = {}
  const names = { allOf, anyOf, bidiStream, clientStream, defineService, serverStream, t, Timestamp, unary, ...formats }
  runInNewContext(code, { ...names, exported }, { timeout: 5_000 })
  const known = new Map<unknown, string>(Object.entries(exported).map(([name, value]) => [value, name]))
  const services = Object.values(exported).filter(
    (value): value is ServiceDefinition => isObject(value) && 'methods' in value && 'scope' in value,
  )
  return describeServices(services, {
    nameOf: (one: ServiceDefinition | StructType | EnumType) => known.get(one),
    contractIds: false,
  })
}
