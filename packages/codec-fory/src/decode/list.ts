import { ListFlags } from '../encode/list.ts'
import { within } from '../wire/failure.ts'
import type { Reader } from '../wire/read-buffer.ts'
import type { Place, Read } from './decoding.ts'
import { readFlag } from './flag.ts'
import { isNullType, readTypeInfo } from '../names/type-info.ts'

export function listReader(element: Place): Read {
  return (input) => readElements(input, element)
}

export function setReader(element: Place): Read {
  return (input) => {
    input.table()
    return new Set(readElements(input, element))
  }
}

function readElements(input: Reader, element: Place): unknown[] {
  const count = input.count('a list')
  const items: unknown[] = []
  if (count === 0) return items
  const flags = input.u8()
  try {
    if ((flags & ListFlags.SAME) === 0) {
      while (items.length < count) items.push(readAny(input, element, flags))
      return items
    }
    const read = (flags & ListFlags.DECLARED) === 0 ? elementReader(input, element) : element.read
    if ((flags & (ListFlags.NULLS | ListFlags.TRACKED)) === 0) {
      while (items.length < count) items.push(read(input))
    } else {
      while (items.length < count) items.push(readFlag(input) ? read(input) : element.readNull(input))
    }
    return items
  } catch (error) {
    throw within(error, items.length)
  }
}

/** An element with a type of its own. */
function readAny(input: Reader, element: Place, flags: number): unknown {
  if ((flags & (ListFlags.NULLS | ListFlags.TRACKED)) !== 0 && !readFlag(input)) return element.readNull(input)
  return elementReader(input, element)(input)
}

function elementReader(input: Reader, element: Place): Read {
  const written = readTypeInfo(input)
  return isNullType(written) ? element.readNull : element.as(input, written)
}
