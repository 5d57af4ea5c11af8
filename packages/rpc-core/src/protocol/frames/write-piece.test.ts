import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
// Buffers are compared outside of `expect`, which would look at each byte of those that differ.
import { expect, it, vi } from 'vitest'
import { isPiece, returnPiece, takePiece } from './write-piece.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

it('keeps at most as much long memory as the longest messages need', () => {
  const pieces = Array.from({ length: 4 }, () => takePiece(16_000_000))
  const buffers = new Set(pieces.map(({ buffer }) => buffer))
  for (const piece of pieces) returnPiece(piece)
  const again = Array.from({ length: 4 }, () => takePiece(16_000_000))
  expect(again.filter(({ buffer }) => buffers.has(buffer))).toHaveLength(2)
})

it.each([16_384, 65_600, 131_072, 131_073, 1_048_700, 8_388_700])(
  'reuses memory of %i bytes after it is returned, and not before',
  (size) => {
    const first = takePiece(size)
    expect(first.length).toBe(size)
    expect([first.byteOffset, isPiece(first)]).toEqual([0, true])
    expect(first.buffer.byteLength).toBeLessThan(size * 1.6)
    const second = takePiece(size)
    expect(second.buffer === first.buffer).toBe(false)
    returnPiece(first.subarray(100))
    expect(isPiece(first)).toBe(false)
    const third = takePiece(size)
    expect(third.buffer === first.buffer).toBe(true)
    for (const piece of [second, third]) returnPiece(piece)
  },
)

it('reuses no foreign memory, and none twice', () => {
  const mine = new Uint8Array(139_264)
  returnPiece(mine)
  const piece = takePiece(131_072)
  returnPiece(piece)
  returnPiece(piece)
  const taken = [takePiece(131_072), takePiece(131_072)]
  expect(taken[0]?.buffer === taken[1]?.buffer).toBe(false)
  for (const { buffer } of taken) expect(buffer === mine.buffer).toBe(false)
  for (const bytes of taken) returnPiece(bytes)
})

it('drops long memory that was not used between two collections', async () => {
  const use = (): WeakRef<ArrayBufferLike> => {
    const piece = takePiece(3_000_000)
    returnPiece(piece)
    return new WeakRef(piece.buffer)
  }
  const first = use()
  await vi.waitFor(() => {
    collect()
    expect(first.deref() === undefined).toBe(true)
  })
})
