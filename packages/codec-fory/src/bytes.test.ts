import { t } from '@aster/rpc-core'
import { describe, expect, it } from 'vitest'
import { ForyCodec } from './index.ts'

const codec = new ForyCodec()

describe('bytes', () => {
  const Blob = t.struct('x/Blob', { data: t.bytes, more: t.bytes })
  const value = { data: new Uint8Array(6_000).fill(1), more: new Uint8Array(3_000).fill(2) }

  it('are views of the message if that is allowed and they are most of its memory, else copies', () => {
    const bytes = codec.encode(Blob, value).slice()
    const own = codec.decode(Blob, bytes, { mayView: true })
    expect(own).toEqual(value)
    expect([own.data.buffer === bytes.buffer, own.more.buffer === bytes.buffer]).toEqual([true, false])
    expect(own.more.buffer.byteLength).toBe(3_000)
    const copied = codec.decode(Blob, bytes)
    expect(copied).toEqual(value)
    expect(copied.data.buffer.byteLength).toBe(6_000)
    // The memory is that of the whole array, whatever part of it the message has.
    const block = new Uint8Array(20_000)
    block.set(bytes, 100)
    expect(codec.decode(Blob, block.subarray(100, 100 + bytes.length), { mayView: true }).data.buffer).not.toBe(
      block.buffer,
    )
  })

  it('have nothing of other memory in them, whatever length a value says', () => {
    class Lying extends Uint8Array {
      override get length(): number {
        return 100_000
      }
    }
    const bytes = codec.encode(t.bytes, new Lying(10))
    expect(bytes.length).toBeLessThan(20)
  })
})
