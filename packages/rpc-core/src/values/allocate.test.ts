import { afterEach, describe, expect, it, vi } from 'vitest'
import { allocate } from './allocate.ts'

describe('allocate', () => {
  afterEach(() => vi.unstubAllGlobals())

  it.each([0, 1, 4_095, 4_096, 1_000_000])('returns an array of %i bytes with a buffer of its own', (size) => {
    const bytes = allocate(size)
    expect(bytes.constructor).toBe(Uint8Array)
    expect([bytes.length, bytes.byteOffset, bytes.buffer.byteLength]).toEqual([size, 0, size])
    expect(allocate(size).buffer).not.toBe(bytes.buffer)
  })

  it.each([undefined, {}])('needs no Buffer', (Buffer) => {
    vi.stubGlobal('Buffer', Buffer)
    expect(allocate(10_000)).toHaveLength(10_000)
  })
})
