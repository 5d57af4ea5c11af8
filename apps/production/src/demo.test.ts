import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'

const demo = fileURLToPath(new URL('../dist/demo.js', import.meta.url))

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'aster-'))))
afterEach(() => rmSync(folder, { recursive: true }))

it('enrolls a consumer, which is admitted while others are refused, and ends by itself', async () => {
  const env = { ...process.env, TMPDIR: folder, TEMP: folder }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [demo], { env, timeout: 110_000 })
  for (const line of [
    'consumer │ Admitted! Services:',
    'consumer │   HelloService v1 (shared)',
    'consumer │ Response: Hello, Aster! You are billing-consumer.',
    'consumer ended with 0, producer with 0',
  ]) {
    expect(stdout.split('\n')).toContain(line)
  }
  expect(stdout).toContain('aster: consumer admission denied')
  expect(stderr).toBe('')
  expect(readdirSync(folder)).toEqual([])
}, 120_000)
