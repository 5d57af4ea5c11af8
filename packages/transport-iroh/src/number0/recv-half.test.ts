import { describe, expect, it } from 'vitest'
import { streamContext } from '../../test/stream-context.ts'
import type { NativeRecvStream } from './native.ts'
import type { NativeHalves } from './native-halves.ts'
import { RecvHalf } from './recv-half.ts'

/** Returns a native half with one prepared answer for each read; an answer can be a promise. */
function half(answers: (number[] | Error | Promise<number[]>)[]): {
  recv: RecvHalf
  limits: number[]
  stops: bigint[]
  natives: NativeHalves
} {
  const limits: number[] = []
  const stops: bigint[] = []
  const native: Pick<NativeRecvStream, 'read' | 'stop'> = {
    async read(limit) {
      limits.push(limit)
      const answer = answers.shift() ?? expect.fail('read more often than expected')
      if (answer instanceof Error) throw answer
      return answer
    },
    async stop(code) {
      stops.push(code)
    },
  }
  const context = streamContext()
  return { recv: new RecvHalf(native as NativeRecvStream, context), limits, stops, natives: context.natives }
}

const filled = (size: number): number[] => Array.from({ length: size }, () => 1)

describe('RecvHalf', () => {
  it('asks for 4 KiB, for 16,000 bytes after a full read, and for 4 KiB again when less is left', async () => {
    const { recv, limits } = half([
      filled(100),
      filled(4096),
      filled(16_000),
      filled(10_000),
      filled(4095),
      filled(1),
      [],
    ])
    while ((await recv.read()) !== undefined) continue
    expect(limits).toEqual([4096, 4096, 16_000, 16_000, 16_000, 4096, 4096])
  })

  it('does not ask again after the end', async () => {
    const { recv, limits } = half([[]])
    for (let i = 0; i < 3; i++) expect(await recv.read()).toBeUndefined()
    expect(limits.length).toBe(1)
  })

  it('keeps an error: the addon would report a clean end after it', async () => {
    const { recv, limits } = half([new Error('Reset(3)'), []])
    for (let i = 0; i < 3; i++) await expect(recv.read()).rejects.toMatchObject({ kind: 'reset', code: 3 })
    expect(limits.length).toBe(1)
  })

  it.each<[string, (recv: RecvHalf) => unknown, (number[] | Error)[]]>([
    ['ended', (recv) => recv.read(), [[]]],
    ['failed', (recv) => recv.read().catch(() => {}), [new Error('Reset(3)')]],
    ['stopped', (recv) => recv.stop(0), []],
  ])("drops the addon's half once it is %s", async (_how, end, answers) => {
    const { recv, natives } = half(answers)
    expect(natives.recv.get(recv)).toBeDefined()
    await end(recv)
    expect(natives.recv.get(recv)).toBeUndefined()
  })

  it('fails with the end of the connection once the transport is closed', async () => {
    const { recv, natives, stops, limits } = half([])
    natives.clear()
    await expect(recv.read()).rejects.toMatchObject({ kind: 'closed' })
    recv.stop(0)
    expect(await recv.read()).toBeUndefined()
    expect([stops, limits]).toEqual([[], []])
  })

  it('settles a pending read when it is stopped, and drops later bytes', async () => {
    let arrive: (bytes: number[]) => void = () => {}
    const { recv, stops } = half([new Promise<number[]>((resolve) => (arrive = resolve))])
    const reading = recv.read()
    recv.stop(5)
    expect(await reading).toBeUndefined()
    arrive([1, 2, 3])
    expect(await recv.read()).toBeUndefined()
    expect(stops).toEqual([5n])
  })
})
