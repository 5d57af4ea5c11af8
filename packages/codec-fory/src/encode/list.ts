import { prependSegment, throwMismatch } from '../wire/failure.ts'
import { Flag, ListFlags } from '../wire/flags.ts'
import type { WriteBuffer } from '../wire/write-buffer.ts'
import { type ElementEncoding, isNull, type ValueClass, type Write, type WrittenEncoding } from './encoding.ts'
import { countValues } from '../wire/value-counter.ts'

const PLAIN = ListFlags.DECLARED | ListFlags.SAME

export function listWriter({ nullable, write }: ElementEncoding): Write {
  return (out, value) => {
    if (!Array.isArray(value)) throwMismatch('a list', value)
    const items: readonly unknown[] = value
    const { length } = items
    out.var32(length)
    if (length === 0) return
    countValues(out, length)
    const nulls = nullable && items.some(isNull)
    out.u8(nulls ? PLAIN | ListFlags.NULLS : PLAIN)
    let i = 0
    try {
      if (nulls) {
        for (; i < length; i++) writeNullable(out, items[i], write)
      } else {
        for (; i < length; i++) write(out, items[i])
      }
    } catch (error) {
      throw prependSegment(error, i)
    }
  }
}

function writeNullable(out: WriteBuffer, item: unknown, write: Write): void {
  if (isNull(item)) return out.u8(Flag.NULL)
  out.u8(Flag.VALUE)
  write(out, item)
}

/** Returns a writer of lists whose elements may need their classes written. */
export function writtenListWriter(element: ElementEncoding, written: WrittenEncoding): Write {
  const declared = listWriter(element)
  return (out, value) => {
    if (!Array.isArray(value)) throwMismatch('a list', value)
    const items: readonly unknown[] = value
    const { nulls, found } = survey(written, items)
    if (found === undefined) return declared(out, items)
    out.var32(items.length)
    if (items.length === 0) return
    countValues(out, items.length)
    out.u8((nulls ? ListFlags.NULLS : 0) | (found === 'several' ? 0 : ListFlags.SAME))
    if (found !== 'several') written.writeClass(out, found)
    let i = 0
    try {
      for (; i < items.length; i++) {
        const item = items[i]
        if (isNull(item)) {
          out.u8(Flag.NULL)
          continue
        }
        if (nulls) out.u8(Flag.VALUE)
        if (found === 'several') written.write(out, item)
        else written.writePayload(out, item)
      }
    } catch (error) {
      throw prependSegment(error, i)
    }
  }
}

interface Survey {
  nulls: boolean
  /** The one class of all elements that are not null, or `undefined` if that is the declared type. */
  found: ValueClass | 'several' | undefined
}

function survey(written: WrittenEncoding, items: readonly unknown[]): Survey {
  let found: ValueClass | 'several' | undefined
  let nulls = 0
  let i = 0
  try {
    for (; i < items.length; i++) {
      if (isNull(items[i])) {
        nulls++
        continue
      }
      const next = written.classOf(items[i])
      if (i === nulls) found = next
      else if (found !== next) found = 'several'
    }
  } catch (error) {
    throw prependSegment(error, i)
  }
  return { nulls: nulls > 0, found: nulls === items.length ? written.nullClass : found }
}
