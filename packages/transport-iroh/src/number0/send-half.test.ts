import { describe, expect, it } from 'vitest'
import { streamContext } from '../../test/stream-context.ts'
import type { NativeSendStream } from './native.ts'
import type { NativeHalves } from './native-halves.ts'
import { SendHalf } from './send-half.ts'

interface Call {
  readonly name: string
  readonly size?: number
  settle(result?: unknown): Promise<void>
  fail(message: string): Promise<void>
}

/** Returns a native half whose calls are settled by hand. */
function half(): {
  send: SendHalf
  calls: Call[]
  names: () => string[]
  take: () => Call
  natives: NativeHalves
} {
  const calls: Call[] = []
  const log: string[] = []
  const method =
    (name: string) =>
    (argument?: unknown): Promise<unknown> =>
      new Promise((resolve, reject) => {
        log.push(name)
        calls.push({
          name,
          ...(Array.isArray(argument) ? { size: argument.length } : {}),
          settle: async (result) => {
            resolve(result)
            await turn()
          },
          fail: async (message) => {
            reject(new Error(message))
            await turn()
          },
        })
      })
  const native: Partial<Record<keyof NativeSendStream, unknown>> = {}
  for (const name of ['writeAll', 'finish', 'reset', 'stopped'] as const) native[name] = method(name)
  const context = streamContext()
  return {
    send: new SendHalf(native as NativeSendStream, context),
    calls,
    names: () => log,
    take: () => calls.shift() ?? expect.fail('expected a native call, found none'),
    natives: context.natives,
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('SendHalf', () => {
  it('splits a large write into even pieces of at most 16,000 bytes, one in flight', async () => {
    const { send, calls, take } = half()
    const written = send.write(new Uint8Array(65_602), false)
    for (const size of [13_121, 13_121, 13_121, 13_121, 13_118]) {
      expect(calls.map((call) => call.name)).toEqual(['writeAll'])
      const call = take()
      expect(call.size).toBe(size)
      await call.settle()
    }
    await written
    expect(calls).toEqual([])
  })

  it('finishes after the write, not during it, and does not make the caller wait', async () => {
    const { send, calls, take } = half()
    const written = send.write(new Uint8Array(3), true)
    expect(calls.map((call) => call.name)).toEqual(['writeAll'])
    await take().settle()
    await written
    expect(calls.map((call) => call.name)).toEqual(['finish'])
  })

  it('resets a half that the peer had stopped before it was finished', async () => {
    const { send, take, names } = half()
    const finished = send.finish()
    await take().settle()
    await finished
    expect(names()).toEqual(['finish', 'stopped'])
    await take().settle(7)
    expect(names()).toEqual(['finish', 'stopped', 'reset'])
  })

  it('does not reset a half that the peer has read to its end', async () => {
    const { send, take, names } = half()
    const finished = send.finish()
    await take().settle()
    await finished
    await take().settle(null)
    expect(names()).toEqual(['finish', 'stopped'])
  })

  it('resets a half that the peer stopped, so that the place of the stream is freed', async () => {
    const { send, take, names } = half()
    const written = expect(send.write(new Uint8Array(3), true)).rejects.toMatchObject({ kind: 'stopped', code: 7 })
    await take().fail('Stopped(7)')
    await written
    await expect(send.write(new Uint8Array(3), false)).rejects.toMatchObject({ kind: 'stopped', code: 7 })
    expect(names()).toEqual(['writeAll', 'reset'])
  })

  it("drops the addon's half once it has ended", async () => {
    const [finished, failed, reset] = [half(), half(), half()]
    const written = finished.send.write(new Uint8Array(3), true)
    await finished.take().settle()
    await written
    await finished.take().settle()
    const lost = expect(failed.send.write(new Uint8Array(3), false)).rejects.toMatchObject({ kind: 'lost' })
    await failed.take().fail('ConnectionLost(TimedOut)')
    await lost
    reset.send.reset(1)
    for (const { send, natives } of [finished, failed, reset]) expect(natives.send.get(send)).toBeUndefined()
    const { send, natives } = half()
    expect(natives.send.get(send)).toBeDefined()
  })

  it('fails with the end of the connection once the transport is closed', async () => {
    const { send, natives, names } = half()
    natives.clear()
    await expect(send.write(new Uint8Array(3), false)).rejects.toMatchObject({ kind: 'closed' })
    await expect(send.finish()).rejects.toMatchObject({ kind: 'closed' })
    send.reset(1)
    await expect(send.write(new Uint8Array(3), false)).rejects.toMatchObject({ kind: 'reset', code: 1 })
    expect(names()).toEqual([])
  })

  it('writes no piece after a reset, and settles at once', async () => {
    const { send, take, names } = half()
    const written = send.write(new Uint8Array(150_000), true)
    const write = take()
    send.reset(9)
    await expect(written).rejects.toMatchObject({ kind: 'reset', code: 9 })
    await write.settle()
    expect(names()).toEqual(['writeAll', 'reset'])
  })
})
