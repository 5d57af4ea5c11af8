import { X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { selfSigned } from './certificate.mjs'
import { compressibleBytes, pieces, randomBytes } from './messages.mjs'
import { describeOthers, performanceDocument, warningsOf, withSection } from './report.mjs'

const results = {
  machine: { cpu: 'A CPU', cores: 2, memoryGiB: 8, system: 'linux', node: 'v20.0.0', versions: { ws: '1.0.0' } },
  options: { rounds: 3, seconds: 1, quick: false },
  startedAt: '2026-01-02T03:04:05.000Z',
  skipped: { python: 'it is not there' },
  steps: [
    { system: 'grpc', round: 0, workload: 'unary-64', figures: { 'unary-64': 100 }, others: 0.01 },
    { system: 'native-xlang', round: 0, workload: 'unary-64', figures: { 'unary-64': 500 }, others: 0.25 },
    { system: 'native-json', round: 1, workload: 'unary-64', error: 'no end after 20 s', others: 0 },
  ],
}

it('warns of steps that were left out, were disturbed, or failed', () => {
  expect(warningsOf(results)).toEqual([
    'left out: python (it is not there)',
    'other processes used more than 10 % of the machine during 1 of 3 steps (up to 25 %): not for quoting',
    'failed: native-json, unary-64, round 2: no end after 20 s',
  ])
  expect(describeOthers(results)).toBe('other processes used 1 % of the machine (median of the steps), at most 25 %')
})

it('fills its section of the README, and leaves the rest as it is', () => {
  const start = '<!-- bench: written by `pnpm bench --write` -->'
  const readme = `# A\n\n${start}\nold\n<!-- /bench -->\n\nthe rest\n`
  const written = withSection(readme, results, new Map([['unary-64.svg', '']]))
  expect(written.startsWith(`# A\n\n${start}\n`)).toBe(true)
  expect(written.endsWith('<!-- /bench -->\n\nthe rest\n')).toBe(true)
  expect(written).not.toContain('old')
  expect(written).toContain('500 (5.00×)')
  expect([...written.matchAll(/!\[.*?\]\((.*?)\)/g)].map(([, path]) => path)).toEqual([
    'apps/bench/charts/unary-64.svg',
  ])
  expect(withSection(written, results, new Map([['unary-64.svg', '']]))).toBe(written)
  expect(() => withSection('# A\n', results)).toThrow('README.md has no section')
})

it('writes the document of all results, with the machine and the warnings', () => {
  const text = performanceDocument(results, new Map([['unary-64.svg', '']]))
  for (const part of ['A CPU', 'ws 1.0.0', '](../apps/bench/charts/unary-64.svg)', '500 (5.00×)', '- left out: python'])
    expect(text).toContain(part)
})

it('makes a self-signed certificate for the host', () => {
  const { certificate, key } = selfSigned('localhost')
  const parsed = new X509Certificate(certificate)
  expect(parsed.verify(parsed.publicKey)).toBe(true)
  expect(parsed.checkHost('localhost')).toBe('localhost')
  expect(Date.parse(parsed.validTo)).toBeGreaterThan(Date.now())
  expect(key).toContain('BEGIN PRIVATE KEY')
})

it('makes payloads of every length, the same each time', () => {
  expect(randomBytes(5)).toEqual(randomBytes(8).subarray(0, 5))
  expect(compressibleBytes(130)[128]).toBe(compressibleBytes(130)[0])
  expect([...pieces(10, 4)].map(({ data }) => data.length)).toEqual([4, 4, 2])
})
