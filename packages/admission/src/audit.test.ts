import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { logAdmissions } from './audit.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function createLog() {
  const lines: { level: string; fields: Record<string, unknown>; message: string }[] = []
  const write = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, fields: fields as Record<string, unknown>, message })
  const log = logAdmissions({
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  })
  return { log, lines }
}

it('counts the events of a peer, a line a second', () => {
  const { log, lines } = createLog()
  for (let i = 0; i < 500; i++) log({ peer: 'mallory', decision: 'denied', reason: `reason ${i}` })
  expect(lines).toHaveLength(1)
  vi.advanceTimersByTime(1_000)
  expect(lines).toMatchObject([
    { level: 'warn', message: 'consumer denied', fields: { peer: 'mallory', reason: 'reason 0' } },
    { level: 'warn', message: 'consumer denied', fields: { peer: 'mallory', reason: 'reason 499', times: 499 } },
  ])
})

it('writes few lines about many peers, loses none of their number, and tells of the one that is admitted', () => {
  const { log, lines } = createLog()
  for (let i = 0; i < 3_000; i++) log({ peer: `p${i}`, decision: i % 2 === 0 ? 'denied' : 'dropped', reason: 'r' })
  log({ peer: 'alice', decision: 'admitted' })
  log.flush()
  expect(lines.length).toBeLessThan(50)
  expect(lines.filter(({ fields }) => fields['decision'] === 'admitted')).toHaveLength(1)
  const refused = lines.filter(({ fields }) => fields['decision'] !== 'admitted')
  expect(refused.reduce((sum, { fields }) => sum + ((fields['times'] as number | undefined) ?? 1), 0)).toBe(3_000)
  expect(vi.getTimerCount()).toBe(0)
})

it('cuts attributes', () => {
  const { log, lines } = createLog()
  const attributes = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`key ${i}`, 'x'.repeat(20)]))
  log({ peer: 'p', decision: 'admitted', credential: { type: 'policy', expiresAt: 1, attributes } })
  const long = { ['k'.repeat(60_000)]: 'v'.repeat(60_000) }
  log({ peer: 'q', decision: 'admitted', credential: { type: 'policy', expiresAt: 1, attributes: long } })
  expect(lines[0]?.fields['attributes']).toMatchObject({ 'key 15': 'x'.repeat(20), '…': '2984 more' })
  for (const { fields } of lines) expect(JSON.stringify(fields).length).toBeLessThan(1_000)
})
