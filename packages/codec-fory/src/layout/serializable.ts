import type { EnumType, StructType, Type } from '@aster/rpc-core'
import { unsupported, within } from '../wire/failure.ts'
import { keyOf } from '../names/known-types.ts'
import { type BareType, slotOf } from '../slot.ts'
import { requireRegistrable } from '../names/type-names.ts'

/** What Python can hash, so what can be a key or a set's element. */
const hashable: ReadonlySet<string> = new Set<BareType['kind']>([
  'string',
  'bool',
  'bytes',
  'int',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float32',
  'float64',
  'timestamp',
  'date',
  'enum',
  'any',
])

/** Refuses what can be said with `t` and not serialised by pyfory, naming the field and what to use instead. */
export function refuseUnsupported(types: Iterable<Type>): void {
  const byTag = new Map<string, StructType | EnumType>()
  const done = new Set<BareType>()
  const open = new Set<BareType>()

  const visit = (type: Type, place: string): void => {
    try {
      visitBare(slotOf(type).type)
    } catch (error) {
      throw place === '' ? error : within(error, place)
    }
  }

  const visitBare = (type: BareType): void => {
    if (done.has(type)) return
    if (open.has(type)) {
      if (type.kind === 'struct') return
      unsupported(`a ${type.kind} that contains itself has no name in Python; put a t.struct in between`)
    }
    open.add(type)
    switch (type.kind) {
      case 'struct':
        claimTag(byTag, type)
        for (const field of type.fields) visit(field.type, field.name)
        break
      case 'enum':
        claimTag(byTag, type)
        break
      case 'list':
        visit(type.element, '')
        break
      case 'set':
        needHashable(type.element, "a set's element", 't.list')
        visit(type.element, '')
        break
      case 'map':
        needHashable(type.key, 'a map key', 'a t.list of structs with a key and a value')
        visit(type.key, '')
        visit(type.value, '')
        break
      case 'record':
        visit(type.value, '')
        break
      default:
    }
    open.delete(type)
    done.add(type)
  }

  for (const type of types) visit(type, '')
}

function needHashable(type: Type, place: string, instead: string): void {
  const { kind } = slotOf(type).type
  if (!hashable.has(kind)) unsupported(`a ${kind} cannot be ${place}, since Python cannot hash it; use ${instead}`)
}

function claimTag(byTag: Map<string, StructType | EnumType>, type: StructType | EnumType): void {
  requireRegistrable(type)
  const id = keyOf(type.namespace, type.name)
  const other = byTag.get(id)
  if (other === undefined) byTag.set(id, type)
  else if (other !== type)
    unsupported(`two types are tagged '${type.tag}'; give each ${type.kind} a tag of its own, or use one for both`)
}
