import { readNamedTypeInfo, skipNamedTypeInfo, writeNamedTypeInfo } from '../names/type-info.ts'
import { Flag } from '../wire/flags.ts'
import type { Dialect } from './dialect.ts'
import { compareFields016, fingerprint016 } from './layout-rules-016.ts'

const HEADER_NULL = 1
const HEADER_XLANG = 2
const HEADER_OUT_OF_BAND = 4
/** From Fory 1.0 on, bit 0 stands for xlang, and null has no bit. */
const HEADER_OF_1X = 1

/** pyfory 0.16: a name is written again for every type that has it, except the empty name. */
export const dialect016: Dialect = {
  name: '0.16',
  valueHeader: Uint8Array.of(HEADER_XLANG, Flag.VALUE),
  nullMessage: Uint8Array.of(HEADER_XLANG | HEADER_NULL, Flag.NULL),
  readHeader(input) {
    const header = input.u8()
    if (header === HEADER_OF_1X) {
      input.throwViolation(
        'the message is of Fory 1.x, which this dialect cannot read; the peer needs pyfory 0.16 or 0.17',
      )
    }
    if ((header & HEADER_OUT_OF_BAND) !== 0) input.throwDataLoss('the message refers to buffers outside of it')
    if (header > HEADER_OUT_OF_BAND) input.throwDataLoss(`0x${header.toString(16)} cannot begin a message of Fory`)
    return (header & HEADER_NULL) === 0
  },
  nameKey: ({ tag, role, text }) => (text === '' ? '' : `${role} ${tag}`),
  writeTypeInfo: writeNamedTypeInfo,
  readTypeInfo: readNamedTypeInfo,
  skipTypeInfo: skipNamedTypeInfo,
  structElements: 'declared',
  fingerprint: fingerprint016,
  compareFields: compareFields016,
  writeDate: (out, days) => out.u32(days),
  readDate: (input) => input.i32(),
}

/** pyfory 0.17: a name is written once, whichever types have it; only empty names are separate for each type. */
export const dialect017: Dialect = {
  ...dialect016,
  name: '0.17',
  nameKey: ({ tag, text, encoding }) => (text === '' ? `empty ${tag}` : `${encoding} ${text}`),
}
