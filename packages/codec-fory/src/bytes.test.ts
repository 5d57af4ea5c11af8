import { t } from '@aster/rpc-core'
import { FRAME_OVERHEAD, returnPiece } from '@aster/rpc-core/protocol'
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
    // The memory that counts is that of the whole array, whatever part of it holds the message.
    const block = new Uint8Array(20_000)
    block.set(bytes, 100)
    expect(codec.decode(Blob, block.subarray(100, 100 + bytes.length), { mayView: true }).data.buffer).not.toBe(
      block.buffer,
    )
  })

  it('contain no other memory, whatever length a value reports', () => {
    class Lying extends Uint8Array {
      override get length(): number {
        return 100_000
      }
    }
    const bytes = codec.encode(t.bytes, new Lying(10))
    expect(bytes.length).toBeLessThan(20)
  })

  it('are written to lent memory, with room for a frame, if that is allowed and the message is long', () => {
    const data = Uint8Array.from({ length: 200_000 }, (_, i) => i * 3 + (i >> 9))
    const long = { data, more: data.subarray(0, 100_000) }
    const expected = new ForyCodec().encode(Blob, long)
    const lent = codec.encode(Blob, long, { mayLend: true })
    expect(Buffer.compare(lent, expected)).toBe(0)
    expect(lent.byteOffset).toBe(FRAME_OVERHEAD)
    // Lent memory is not reused while it is in use.
    expect(codec.encode(Blob, long, { mayLend: true }).buffer === lent.buffer).toBe(false)
    returnPiece(lent)
    expect(codec.encode(Blob, long, { mayLend: true }).buffer === lent.buffer).toBe(true)
    expect(codec.encode(Blob, long).buffer === lent.buffer).toBe(false)
  })

  it('leave no lent memory behind when a message fails, or is short', () => {
    const large = new Uint8Array(300_000)
    const encode = (more: unknown) => codec.encode(Blob, { data: large, more } as never, { mayLend: true })
    const { buffer } = encode(large.subarray(0, 10))
    returnPiece(new Uint8Array(buffer))
    expect(() => encode('no bytes')).toThrow('more')
    const short = codec.encode(Blob, value, { mayLend: true })
    expect(short.buffer === buffer).toBe(false)
    expect(encode(large.subarray(0, 10)).buffer === buffer).toBe(true)
    expect(codec.decode(Blob, short)).toEqual(value)
  })
})
