import { expect, it } from 'vitest'
import { countTests } from './count-tests.mjs'

const file = (...statuses) => ({
  status: statuses.includes('failed') ? 'failed' : 'passed',
  assertionResults: statuses.map((status) => ({ status })),
})

it('counts the tests of a report, and a file that did not load as a failure', () => {
  const good = { numPassedTests: 2, numFailedTests: 0, testResults: [file('passed', 'passed', 'skipped')] }
  expect(countTests(good)).toEqual({ passed: 2, failed: 0 })
  const bad = {
    numPassedTests: 1,
    numFailedTests: 1,
    testResults: [file('passed', 'failed'), { status: 'failed', assertionResults: [] }],
  }
  expect(countTests(bad)).toEqual({ passed: 1, failed: 2 })
})
