import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { PeerLog } from './peer-log.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function createLog() {
  const lines: unknown[] = []
  const write = (level: string) => (fields: object, message: string) => void lines.push([level, fields, message])
  const log = new PeerLog({ debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') })
  return { log, lines }
}

it('writes the first line of a peer at once, and the number of later lines once a second', () => {
  const { log, lines } = createLog()
  for (let i = 0; i < 1_000; i++) log.write('warn', { peer: 'a', i }, 'refused')
  log.write('warn', { peer: 'a' }, 'something else')
  expect(lines).toEqual([
    ['warn', { peer: 'a', i: 0 }, 'refused'],
    ['warn', { peer: 'a' }, 'something else'],
  ])
  lines.length = 0
  vi.advanceTimersByTime(1_000)
  expect(lines).toEqual([['warn', { peer: 'a', i: 999, times: 999 }, 'refused']])
  lines.length = 0
  vi.advanceTimersByTime(10_000)
  expect(lines).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
  log.write('warn', { peer: 'a' }, 'refused')
  expect(lines).toEqual([['warn', { peer: 'a' }, 'refused']])
})

it('writes a bounded number of lines, however many peers there are, and counts every line', () => {
  const { log, lines } = createLog()
  for (let i = 0; i < 5_000; i++) log.write('warn', { peer: `p${i}` }, 'refused')
  expect(lines).toHaveLength(10)
  vi.advanceTimersByTime(1_000)
  expect(lines).toHaveLength(21)
  const shared = lines.at(-1) as [string, { times: number; peers: number }, string]
  expect(shared[1].times).toBe(5_000 - 20)
  expect(shared[1].peers).toBeGreaterThan(900)
})

it('does not let lines of one kind displace lines of another', () => {
  const { log, lines } = createLog()
  for (let i = 0; i < 1_000; i++) log.write('debug', { peer: `p${i}` }, 'admitted')
  log.write('warn', { peer: 'a' }, 'refused')
  expect(lines.at(-1)).toEqual(['warn', { peer: 'a' }, 'refused'])
})

it('keeps no process alive, and is silent without a logger', () => {
  new PeerLog(undefined).write('warn', { peer: 'a' }, 'refused')
  expect(vi.getTimerCount()).toBe(0)
})

it('writes the counted lines when it is flushed', () => {
  const { log, lines } = createLog()
  log.write('info', { peer: 'a' }, 'refused')
  log.write('info', { peer: 'a', last: true }, 'refused')
  log.flush()
  expect(lines.at(-1)).toEqual(['info', { peer: 'a', last: true }, 'refused'])
  expect(vi.getTimerCount()).toBe(0)
})
