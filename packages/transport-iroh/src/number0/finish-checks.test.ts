import { expect, it } from 'vitest'
import { FinishChecks } from './finish-checks.ts'

const due = (checks: FinishChecks, count: number): number =>
  Array.from({ length: count }, () => checks.due()).filter(Boolean).length

it('checks every 16th finish, and the next 64 after a stop', () => {
  const checks = new FinishChecks()
  expect(due(checks, 160)).toBe(10)
  checks.stopMet()
  expect(due(checks, 64)).toBe(64)
  expect(due(checks, 160)).toBe(10)
})
