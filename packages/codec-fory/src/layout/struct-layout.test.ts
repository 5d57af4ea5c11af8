import { t } from '@aster/rpc-core'
import { CallHeader, RpcStatus, StreamHeader } from '@aster/rpc-core/protocol'
import { describe, expect, it } from 'vitest'
import { dialect016 } from './dialects.ts'
import { fingerprint016 } from './layout-rules-016.ts'
import { makeLayout } from './struct-layout.ts'

describe('makeLayout', () => {
  it.each([
    [RpcStatus, 'code message detailKeys detailValues', 0x9fca5353],
    [
      StreamHeader,
      'deadlineEpochMs serializationMode version callId method service metadataKeys metadataValues',
      0xde1805a4,
    ],
    [CallHeader, 'deadlineEpochMs callId method metadataKeys metadataValues', 0x79862571],
  ])('orders and hashes the messages of the protocol', (type, order, hash) => {
    const layout = makeLayout(type, dialect016)
    expect(layout.fields.map((field) => field.wireName).join(' ')).toBe(order)
    expect(layout.hash >>> 0).toBe(hash)
  })

  it('hashes a struct without fields as 47', () => {
    expect(makeLayout(t.struct('x/Empty', {}), dialect016).hash).toBe(47)
  })

  it('puts groups before names: numbers, optional numbers, strings, lists, sets, maps, all other types', () => {
    const type = t.struct('x/All', {
      a: t.any,
      b: t.record(t.int),
      c: t.set(t.int),
      d: t.optional(t.list(t.int)),
      e: t.bytes,
      f: t.date,
      g: t.timestamp,
      h: t.optional(t.string),
      i: t.optional(t.float64),
      j: t.int,
      k: t.bool,
      l: t.float64,
      m: t.lazy(() => t.struct('x/M', {})),
    })
    expect(
      makeLayout(type, dialect016)
        .fields.map((field) => field.name)
        .join(''),
    ).toBe('lkjihgfedcbam')
  })

  it('uses the wire names, not those of TypeScript', () => {
    const type = t.struct('x/Names', { zebraName: t.int, b: t.named('a', t.int) })
    expect(fingerprint016(makeLayout(type, dialect016).fields)).toBe('a,7,0,0;zebra_name,7,0,0;')
  })

  it('marks optional fields, once', () => {
    const type = t.struct('x/Optional', { a: t.optional(t.optional(t.string)), b: t.list(t.optional(t.int)) })
    expect(fingerprint016(makeLayout(type, dialect016).fields)).toBe('a,21,0,1;b,22,0,0;')
  })
})
