import { AsterError, StatusCode } from '@aster/rpc-core'
import { describe, expect, it } from 'vitest'
import { createZstd, zstdWithEngine } from './create-zstd.ts'
import { loadEngine, nativeEngine, wasmEngine } from './engine.ts'

const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => Math.imul(i, i) >> 5)

describe('createZstd', () => {
  it('takes levels from 1 to 22', async () => {
    const sizes = []
    for (const level of [1, 22]) {
      const zstd = await createZstd({ level })
      const small = zstd.compress(bytes)
      expect(Buffer.compare(zstd.decompress(small, bytes.length), bytes)).toBe(0)
      sizes.push(small.length)
    }
    expect(sizes[1]).toBeLessThan(sizes[0] ?? 0)
    for (const level of [0, 23, 1.5, Number.NaN, '3' as never]) {
      await expect(createZstd({ level })).rejects.toThrow(AsterError)
    }
  })

  it('prefers node:zlib, and needs no WebAssembly then', async () => {
    const hasNative = nativeEngine() !== undefined
    expect(hasNative).toBe('zstdCompressSync' in (await import('node:zlib')))
    expect((await loadEngine()).decompress.toString()).toBe(
      (nativeEngine() ?? (await wasmEngine())).decompress.toString(),
    )
  })

  it('reads with one engine what another wrote', async () => {
    const engines = [await wasmEngine(), nativeEngine() ?? (await wasmEngine())].map((engine) =>
      zstdWithEngine(engine, 5),
    )
    for (const writer of engines) {
      for (const reader of engines)
        expect(Buffer.compare(reader.decompress(writer.compress(bytes), bytes.length), bytes)).toBe(0)
    }
  })

  it('never asks an engine for more than 256 MiB', () => {
    const sizes: number[] = []
    const engine = {
      compress: (bytes: Uint8Array) => bytes,
      decompress(_: Uint8Array, size: number) {
        sizes.push(size)
        return new Uint8Array(0)
      },
    }
    // 65,536 blocks of 128 KiB: 8 GiB.
    const frame = new Uint8Array(6 + 4 * 65_536)
    frame.set([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58])
    for (let i = 0; i < 65_536; i++) frame.set([i === 65_535 ? 3 : 2, 0, 0x10, 0], 6 + 4 * i)
    expect(zstdWithEngine(engine, 3).decompress(frame, Infinity)).toHaveLength(0)
    expect(sizes).toEqual([2 ** 28])
    expect(() => zstdWithEngine(engine, 3).compress(new Uint8Array(2 ** 28 + 1))).toThrow(
      expect.objectContaining({ code: StatusCode.RESOURCE_EXHAUSTED }),
    )
  })

  it('does not trust an engine about the length', () => {
    const engine = { compress: (bytes: Uint8Array) => bytes, decompress: () => new Uint8Array(3) }
    const frame = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x04, 0x21, 0, 0, 1, 2, 3, 4)
    expect(() => zstdWithEngine(engine, 3).decompress(frame, 100)).toThrow(
      expect.objectContaining({
        code: StatusCode.DATA_LOSS,
        message: 'broken zstd: the frame says 4 bytes and holds 3',
      }),
    )
  })
})

describe('the ratio of compression', () => {
  const engine = {
    compress: (bytes: Uint8Array) => bytes,
    decompress: (_: Uint8Array, size: number) => new Uint8Array(size),
  }
  /** Returns a frame of empty blocks that are marked as compressed, so that each of them could hold 128 KiB. */
  const frameOf = (contentSize: number, blocks: number): Uint8Array => {
    const frame = new Uint8Array(10 + 3 * blocks)
    frame.set([0x28, 0xb5, 0x2f, 0xfd, 0x80, 0x58])
    new DataView(frame.buffer).setUint32(6, contentSize, true)
    for (let i = 0; i < blocks; i++) frame[10 + 3 * i] = i === blocks - 1 ? 5 : 4
    return frame
  }

  it('is at most 32,768 to one beyond 1 MiB', () => {
    const zstd = zstdWithEngine(engine, 3)
    expect(zstd.decompress(frameOf(2 ** 20, 8), Infinity)).toHaveLength(2 ** 20)
    const frame = frameOf(64 * 131_072, 64)
    expect(() => zstd.decompress(frame, Infinity)).toThrow(
      expect.objectContaining({
        code: StatusCode.RESOURCE_EXHAUSTED,
        message: `a compressed payload of ${frame.length} bytes holds 8388608: beyond 1048576 bytes the limit is 32768 to one`,
      }),
    )
  })

  it('lets 16 MiB of zeros through, and of every other byte, at every level', async () => {
    for (const level of [1, 3, 9]) {
      const zstd = await createZstd({ level })
      for (const byte of [0, 0x20, 0x78]) {
        const small = zstd.compress(new Uint8Array(16_777_216).fill(byte))
        expect(small.length).toBeLessThan(700)
        expect(zstd.decompress(small, 16_777_216)).toHaveLength(16_777_216)
      }
    }
  })
})

it('tells the size that a payload says it has', async () => {
  const zstd = await createZstd()
  expect(zstd.contentSize?.(zstd.compress(bytes))).toBe(bytes.length)
  expect(zstd.contentSize?.(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 1, 0, 0))).toBe(undefined)
  expect(zstd.contentSize?.(Uint8Array.of(1, 2, 3))).toBe(undefined)
})
