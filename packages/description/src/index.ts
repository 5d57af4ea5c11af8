/**
 * Describes services and every type of their messages as one JSON document, and turns such a document back into definitions.
 * `aster gen` converts code to such documents and back, and a producer with reflection describes itself with one.
 *
 * @example
 * ```ts
 * import { describeServices, parseDescriptionText, toDefinitions } from '@aster/description'
 * import { defineService, t, unary } from '@aster/rpc-core'
 *
 * const Point = t.struct('geo/Point', { x: t.int, y: t.int })
 * const Geo = defineService({ name: 'Geo', methods: { mirror: unary(Point, Point) } })
 *
 * const text = JSON.stringify(describeServices([Geo]))
 * const { services } = toDefinitions(parseDescriptionText(text))
 * services[0]?.definition.methods['mirror']?.kind // 'unary'
 * ```
 *
 * @packageDocumentation
 */
export { type Definitions, describedContractId, type DescribedService, toDefinitions } from './definitions.ts'
export { type DescribeOptions, describeServices } from './describe-services.ts'
export type {
  Description,
  EnumDescription,
  EnumMemberDescription,
  FieldDescription,
  JsonValue,
  KindDescription,
  MethodDescription,
  NamedTypeDescription,
  NumberFormatKind,
  PlainKind,
  SerializationModeName,
  ServiceDescription,
  StructDescription,
  TypeDescription,
} from './description.ts'
export { fromJson, toJson, type TypeIndex } from './json.ts'
export { namedTypesIn } from './named-types.ts'
export { camelCase, constantCase, isIdentifier, UniqueNames } from './names.ts'
export { parseDescription, parseDescriptionText } from './parse-description.ts'
export { selectServices } from './select-services.ts'
export { withWireNames } from './wire-names.ts'
