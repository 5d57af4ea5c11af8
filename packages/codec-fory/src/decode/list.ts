import { prependSegment } from '../wire/failure.ts'
import { ListFlags } from '../wire/flags.ts'
import type { ReadBuffer } from '../wire/read-buffer.ts'
import type { ElementDecoding, Read } from './decoding.ts'
import { readFlag } from './flag.ts'
import { countValues } from '../wire/value-counter.ts'

export function listReader(element: ElementDecoding): Read {
  return (input) => readElements(input, element)
}

export function setReader(element: ElementDecoding): Read {
  return (input) => new Set(readElements(input, element, 2))
}

/**
 * Reads the elements of a list or set.
 *
 * @param weight the number of values for which an element counts: two in a set, which stores it like a key
 */
function readElements(input: ReadBuffer, element: ElementDecoding, weight = 1): unknown[] {
  const count = input.count('a list')
  const items: unknown[] = []
  if (count === 0) return items
  countValues(input, weight * count)
  const flags = input.u8()
  try {
    if ((flags & ListFlags.SAME) === 0) {
      while (items.length < count) items.push(readWithType(input, element, flags))
      return items
    }
    const read = (flags & ListFlags.DECLARED) === 0 ? element.readType(input) : element.read
    if ((flags & (ListFlags.NULLS | ListFlags.TRACKED)) === 0) {
      while (items.length < count) items.push(read(input))
    } else {
      while (items.length < count) items.push(readFlag(input) ? read(input) : element.readNull(input))
    }
    return items
  } catch (error) {
    throw prependSegment(error, items.length)
  }
}

/** Reads an element with its own type info. */
function readWithType(input: ReadBuffer, element: ElementDecoding, flags: number): unknown {
  if ((flags & (ListFlags.NULLS | ListFlags.TRACKED)) !== 0 && !readFlag(input)) return element.readNull(input)
  return element.readType(input)(input)
}
