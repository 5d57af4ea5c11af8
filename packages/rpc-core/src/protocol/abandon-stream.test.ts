import { expect, it, vi } from 'vitest'
import { abandonStream } from './abandon-stream.ts'

it('resets a stream, and stops it', () => {
  const stream = { read: vi.fn(), write: vi.fn(), finish: vi.fn(), reset: vi.fn(), stop: vi.fn() }
  abandonStream(stream)
  expect([stream.reset.mock.calls, stream.stop.mock.calls]).toEqual([[[0]], [[0]]])
})
