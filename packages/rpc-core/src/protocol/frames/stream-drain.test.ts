import { expect, it, vi } from 'vitest'
import type { ByteStream } from '../../transport.ts'
import { FrameStream } from './frame-stream.ts'
import { type EndingStream, StreamDrain } from './stream-drain.ts'

/** A stream that the peer has ended, and on which this side still sends. */
class SendingStream implements EndingStream {
  isSending = true
  onSent: (() => void) | undefined
  readonly abandonRest = vi.fn<() => void>()
  readRest = (): null => null
}

const isWatched = (drain: StreamDrain): boolean => drain.previous !== undefined

it('watches a stream that the peer has ended until everything is sent, and no longer', () => {
  const stream = new SendingStream()
  const drain = new StreamDrain(stream)
  expect(drain.run()).toBeUndefined()
  expect(isWatched(drain)).toBe(true)
  stream.isSending = false
  stream.onSent?.()
  expect(isWatched(drain)).toBe(false)
  expect(stream.abandonRest).not.toHaveBeenCalled()
})

it('stops a stream whose rest is not sent in time', () => {
  const stream = new SendingStream()
  const drain = new StreamDrain(stream, { maxBytes: 0, maxMs: 0 })
  void drain.run()
  drain.checkDrain()
  expect(stream.abandonRest).toHaveBeenCalledOnce()
  expect(isWatched(drain)).toBe(false)
  stream.onSent?.()
})

it('learns when a finish that takes time is done', async () => {
  let finish = (): void => {}
  const stream: ByteStream = {
    read: async () => undefined,
    tryRead: () => null,
    write: async () => {},
    finish: () => new Promise((resolve) => (finish = resolve)),
    reset() {},
    stop() {},
  }
  const frames = new FrameStream(stream)
  const sent = vi.fn<() => void>()
  const finished = frames.finish()
  expect(frames.drain()).toBeUndefined()
  expect(frames.isSending).toBe(true)
  frames.onSent = sent
  finish()
  await finished
  expect(sent).toHaveBeenCalledOnce()
  expect(frames.isSending).toBe(false)
})
