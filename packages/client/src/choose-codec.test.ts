import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import { SerializationMode } from '@aster/rpc-core'
import { expect, it } from 'vitest'
import { chooseCodec, statusCodecFor } from './choose-codec.ts'

const offering = (...serializationModes: string[]) => ({
  name: 'A',
  version: 1,
  contractId: '',
  channels: {},
  pattern: 'shared' as const,
  serializationModes,
})

it('chooses XLANG if it is offered, at any position, and JSON otherwise', () => {
  expect(chooseCodec(offering('xlang')).mode).toBe(SerializationMode.XLANG)
  expect(chooseCodec(offering('json', 'native', 'xlang')).mode).toBe(SerializationMode.XLANG)
  expect(chooseCodec(offering('row', 'json')).mode).toBe(SerializationMode.JSON)
})

it('names the offered modes if it supports none of them', () => {
  expect(() => chooseCodec(offering('row', 'native'))).toThrow(
    "service 'A': the producer offers row, native, and this client speaks xlang and json",
  )
})

it('reads error trailers in the other format', () => {
  expect(statusCodecFor(new JsonCodec()).mode).toBe(SerializationMode.XLANG)
  expect(statusCodecFor(new ForyCodec()).mode).toBe(SerializationMode.JSON)
})
