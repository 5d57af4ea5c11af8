import { ForyCodec } from '@aster/codec-fory'
import { beforeEach, expect, it, vi } from 'vitest'

beforeEach(() => void vi.resetModules())

const turns = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate)
}

it('prepares the codec once, in later turns of the event loop', async () => {
  const { prepareCalls } = await import('./prepare-calls.ts')
  const codec = new ForyCodec()
  const encode = vi.spyOn(codec, 'encode')
  prepareCalls(codec)
  expect(encode).not.toHaveBeenCalled()
  await turns()
  expect(encode).toHaveBeenCalledTimes(2)
  prepareCalls(codec)
  await turns()
  expect(encode).toHaveBeenCalledTimes(2)
})

it('leaves failures to the calls', async () => {
  const { prepareCalls } = await import('./prepare-calls.ts')
  const codec = new ForyCodec()
  const encode = vi.spyOn(codec, 'encode').mockImplementation(() => {
    throw new Error('no message can be written')
  })
  prepareCalls(codec)
  await turns()
  expect(encode).toHaveBeenCalledTimes(2)
})
