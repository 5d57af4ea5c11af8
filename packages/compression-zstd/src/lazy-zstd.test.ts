import { compressionCompliance } from '@aster/compliance'
import { StatusCode } from '@aster/rpc-core'
import { expect, it } from 'vitest'
import { nativeEngine, wasmEngine } from './engine.ts'
import { lazyZstd, lazyZstdWithEngine } from './lazy-zstd.ts'

compressionCompliance('an engine that was loaded when it was needed', async () => {
  const zstd = lazyZstdWithEngine(wasmEngine, 3)
  await zstd.load?.()
  return zstd
})

const zeros = new Uint8Array(10_000)

it('loads with the first payload, which goes out as it is, and compresses those that follow', async () => {
  let loads = 0
  const zstd = lazyZstdWithEngine(() => {
    loads += 1
    return wasmEngine()
  }, 3)
  expect(loads).toBe(0)
  expect([zstd.compress(zeros), zstd.compress(zeros)]).toEqual([zeros, zeros])
  await zstd.load?.()
  const small = zstd.compress(zeros)
  expect(small.length).toBeLessThan(100)
  expect(zstd.decompress(small, 10_000)).toEqual(zeros)
  expect([loads, zstd.load?.()]).toEqual([1, undefined])
})

it('does not decompress before it is loaded, and says so', () => {
  expect(() => lazyZstdWithEngine(wasmEngine, 3).decompress(zeros, 10_000)).toThrow(
    expect.objectContaining({ code: StatusCode.FAILED_PRECONDITION, message: expect.stringContaining('await load()') }),
  )
})

it('goes on without an engine that cannot be loaded: payloads go out as they are, and readers are told', async () => {
  const warned = new Promise<Error & { code?: string }>((resolve) => process.once('warning', resolve))
  let loads = 0
  const zstd = lazyZstdWithEngine(() => {
    loads += 1
    return Promise.reject(new Error('no such module'))
  }, 3)
  expect(zstd.compress(zeros)).toBe(zeros)
  await expect(zstd.load?.()).rejects.toThrow('no such module')
  await expect(zstd.load?.()).rejects.toMatchObject({
    code: StatusCode.UNIMPLEMENTED,
    message: expect.stringMatching(/@foxglove\/wasm-zstd.*Node 22\.15/),
  })
  expect(zstd.compress(zeros)).toBe(zeros)
  expect(loads).toBe(1)
  expect(await warned).toMatchObject({ code: 'ASTER_ZSTD', message: expect.stringContaining('sent uncompressed') })
})

it('is the engine of this Node where that has one', () => {
  expect(lazyZstd().load === undefined).toBe(nativeEngine() !== undefined)
})

it('refuses a level that is not one', () => {
  expect(() => lazyZstd({ level: 23 })).toThrow('lazyZstd: expected level as an integer from 1 to 22, found 23')
})
