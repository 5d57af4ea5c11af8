// `node scripts/count-tests.mjs REPORT.json`: prints how many tests of a vitest JSON report passed and failed. A file that
// did not load counts as one failure; a report that is not there, as no tests.
import { existsSync, readFileSync } from 'node:fs'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'

/** @returns {{ passed: number, failed: number }} */
export function countTests(report) {
  const notLoaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  )
  return { passed: report.numPassedTests, failed: report.numFailedTests + notLoaded.length }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const path = argv[2]
  const { passed, failed } = existsSync(path)
    ? countTests(JSON.parse(readFileSync(path, 'utf8')))
    : { passed: 0, failed: 0 }
  console.log(passed, failed)
}
