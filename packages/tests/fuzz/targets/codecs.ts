import { isDeepStrictEqual } from 'node:util'
import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import { check, type Codec, StatusCode, type Type } from '@aster/rpc-core'
import { Choices } from '../engine/choices.ts'
import { assert, attempt } from '../engine/expect-error.ts'
import { bytesOf, type Target } from '../engine/target.ts'
import { concat, fromHex, readVectors, type RecordedFrame, recordedFrames, textsUnder } from './seeds.ts'
import { known, schemas } from './schemas.ts'
import { valueOf } from './value.ts'

const fory: [Codec, ...Codec[]] = [
  new ForyCodec({ types: known, generateCode: false }),
  new ForyCodec({ types: known }),
  new ForyCodec({ types: known, dialect: '0.17', generateCode: false }),
]
const json: [Codec, ...Codec[]] = [new JsonCodec(), new JsonCodec({ missing: 'default', unknown: 'ignore' })]

const ENCODING = { codes: [StatusCode.INVALID_ARGUMENT, StatusCode.RESOURCE_EXHAUSTED] }

/** Checks that a decoded value fits the type, and that it is the same after it was encoded and decoded. */
function decodeAndBack(codec: Codec, type: Type, bytes: Uint8Array): void {
  const copy = bytes.slice()
  const read = attempt(() => codec.decode(type, copy))
  // The value must hold no view of the bytes.
  copy.fill(0xaa)
  if (read === undefined) return
  check(type, read.value, StatusCode.INTERNAL)
  const written = attempt(() => codec.encode(type, read.value), ENCODING)
  if (written === undefined) return
  const again = codec.encode(type, codec.decode(type, written.value))
  assert(Buffer.compare(written.value, again) === 0, 'what was read is written in the same bytes each time')
}

/** Returns a target whose first byte selects the codec, and whose second byte selects the type. */
function target(name: string, codecs: readonly [Codec, ...Codec[]], payloads: () => readonly Uint8Array[]): Target {
  return {
    name,
    seeds: () => {
      // Each payload is tried as the last type that can read it, and as two others.
      return payloads().flatMap((payload, i) => {
        const fitting = schemas.findIndex((type) => reads(codecs[0], type, payload))
        const places = fitting === -1 ? [3, i % schemas.length] : [fitting, 3]
        return places.map((place) => concat([i % codecs.length, place], payload.subarray(0, 4000)))
      })
    },
    run(input) {
      const choices = new Choices(input)
      const codec = choices.pick(codecs)
      decodeAndBack(codec, choices.pick(schemas), choices.rest())
    },
  }
}

function reads(codec: Codec, type: Type, payload: Uint8Array): boolean {
  try {
    codec.decode(type, payload)
    return true
  } catch {
    return false
  }
}

const recordedPayloads = (isJson: boolean): Uint8Array[] =>
  [...recordedFrames('c>s'), ...recordedFrames('s>c')]
    .flat()
    .map(({ payload }) => payload)
    .filter((payload) => payload.length < 2000 && (payload[0] === 0x7b) === isJson)

export const foryDecode = target('fory', fory, () => [
  ...textsUnder(readVectors('codec-fory/fixtures/fory-0.16-vectors.json'), 'hex').map(fromHex),
  ...recordedPayloads(false),
])

export const jsonDecode = {
  ...target('json', json, () => [
    ...recordedPayloads(true),
    ...[
      'null',
      '[]',
      '{"a":[1,-0.0,1e400,NaN,-Infinity]}',
      '"\\ud83d\\ude00"',
      '[[[[[[]]]]]]',
      '{"__proto__":{"x":1}}',
      '123456789012345678901234567890',
      '"2020-02-29T12:00:00.123456+02:00"',
      '"AAECAw=="',
    ].map(bytesOf),
  ]),
  tokens: [
    'null',
    'true',
    'false',
    'NaN',
    'Infinity',
    '-Infinity',
    '":',
    '",',
    '[',
    ']',
    '{',
    '}',
    '__proto__',
    '\\u',
    '\\ud800',
    'e400',
    '-0',
    '.5',
    '9007199254740993',
    '[[[[[[[[[[[[[[[[',
    '{"a":{"a":{"a":{"a":',
  ],
} satisfies Target

/** The bytes decide the codec, the type and the value. */
export const roundTrip: Target = {
  name: 'round-trip',
  seeds: () =>
    schemas.map((_, place) => Uint8Array.from({ length: 200 }, (_, i) => (i === 1 ? place : (i * 37 + place) & 0xff))),
  run(input) {
    const choices = new Choices(input)
    const codec = choices.pick([...fory, ...json])
    const type = choices.pick(schemas)
    const value = valueOf(type, choices)
    const written = attempt(() => codec.encode(type, value), ENCODING)
    if (written === undefined) return
    const once = codec.decode(type, written.value)
    check(type, once, StatusCode.INTERNAL)
    const bytes = codec.encode(type, once)
    const twice = codec.decode(type, bytes)
    assert(isDeepStrictEqual(once, twice), 'a value is the same after each way over the wire')
  },
}

/** Encoded frames of the recorded conversations, for targets that read streams. */
export const recordedStreams = (dir: 'c>s' | 's>c'): Uint8Array[] =>
  recordedFrames(dir)
    .filter((all) => all.length > 0 && all.length < 20)
    .map((all) => concat(...all.map(frameBytes)))
    .filter((bytes) => bytes.length < 4000)

/** Returns a frame as it was recorded, even if no sender of ours would write it. */
function frameBytes({ flags, payload }: RecordedFrame): Uint8Array {
  return concat([(payload.length + 1) & 0xff, (payload.length + 1) >> 8, 0, 0, flags], payload)
}
