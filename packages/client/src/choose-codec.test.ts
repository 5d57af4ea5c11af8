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

it('takes XLANG where it is offered, wherever it stands, else JSON', () => {
  expect(chooseCodec(offering('xlang')).mode).toBe(SerializationMode.XLANG)
  expect(chooseCodec(offering('json', 'native', 'xlang')).mode).toBe(SerializationMode.XLANG)
  expect(chooseCodec(offering('row', 'json')).mode).toBe(SerializationMode.JSON)
})

it('says what is offered where it speaks none of it', () => {
  expect(() => chooseCodec(offering('row', 'native'))).toThrow(
    "service 'A': the producer offers row, native, and this client speaks xlang and json",
  )
})

it('reads error trailers in the other format', () => {
  expect(statusCodecFor(new JsonCodec()).mode).toBe(SerializationMode.XLANG)
  expect(statusCodecFor(new ForyCodec()).mode).toBe(SerializationMode.JSON)
})
