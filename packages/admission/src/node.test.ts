import { execFile } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getuid, platform } from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { generateNonce } from '@aster/identity'
import { build } from 'esbuild'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NOW_MS, NOW_S } from '../test/credentials.ts'
import { AdmissionError } from './errors.ts'
import { FileNonceStore } from './node.ts'
import { MemoryNonceStore, type NonceStore, type NonceUse } from './nonce-store.ts'

let folder = ''
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'aster-nonces-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const place = (): string => join(folder, 'a', 'b')
const DAY_MS = 24 * 60 * 60 * 1000
const use: NonceUse = { endpointId: 'alice', accessUntil: NOW_MS + 60_000 }

const stores: [string, (now: () => number) => Promise<NonceStore>][] = [
  ['memory', async (now) => new MemoryNonceStore({ now })],
  ['files', (now) => FileNonceStore.open(place(), { now })],
]

describe.each(stores)('a nonce store in %s', (_kind, open) => {
  it('returns true for the first use, and never again', async () => {
    const store = await open(() => NOW_MS)
    const [one, two] = [generateNonce(), generateNonce()]
    expect(await store.use(one, NOW_S + 60)).toBe(true)
    expect(await store.use(one, NOW_S + 60)).toBe(false)
    expect(await store.use(one, 2n ** 64n - 1n)).toBe(false)
    expect(await store.use(two, 2n ** 64n - 1n)).toBe(true)
  })

  it('returns true once, however many ask at a time', async () => {
    const store = await open(() => NOW_MS)
    const nonce = generateNonce()
    const uses = await Promise.all(Array.from({ length: 20 }, () => store.use(nonce, NOW_S + 60)))
    expect(uses.filter(Boolean)).toHaveLength(1)
  })

  it('finds the use that was first, as soon as another was told so', async () => {
    const store = await open(() => NOW_MS)
    const nonce = generateNonce()
    expect(await store.findUse?.(nonce)).toBeUndefined()
    const claims = ['a', 'b', 'c', 'a'].map(async (endpointId) => {
      const first = await store.use(nonce, NOW_S + 60, { ...use, endpointId })
      return { endpointId, first, found: await store.findUse?.(nonce) }
    })
    const done = await Promise.all(claims)
    const [winner] = done.filter(({ first }) => first)
    for (const { found } of done) expect(found).toEqual({ ...use, endpointId: winner?.endpointId })
  })

  it('remembers a nonce for a day past its expiry, since clocks are set back', async () => {
    let ms = NOW_MS
    const store = await open(() => ms)
    const nonce = generateNonce()
    await store.use(nonce, NOW_S + 60)
    ms += 60_000 + DAY_MS - 1
    await store.use(generateNonce(), NOW_S + DAY_MS)
    expect(await store.use(nonce, NOW_S + 60)).toBe(false)
  })
})

describe('a nonce store in files', () => {
  it('outlives the process, with the use', async () => {
    const nonce = generateNonce()
    await (await FileNonceStore.open(place(), { now: () => NOW_MS })).use(nonce, NOW_S + 60, use)
    const next = await FileNonceStore.open(place(), { now: () => NOW_MS })
    expect(await next.use(nonce, NOW_S + 60, { ...use, endpointId: 'bob' })).toBe(false)
    expect(await next.findUse(nonce)).toEqual(use)
  })

  it('reads files of the first version, which know no use', async () => {
    const nonce = generateNonce()
    mkdirSync(place(), { recursive: true })
    writeFileSync(join(place(), nonce), `${NOW_S + 60}\n`)
    const store = await FileNonceStore.open(place(), { now: () => NOW_MS })
    expect(await store.use(nonce, NOW_S + 60, use)).toBe(false)
    expect(await store.findUse(nonce)).toBeUndefined()
    await FileNonceStore.open(place(), { now: () => NOW_MS + 60_000 + DAY_MS })
    expect(readdirSync(place())).toEqual([])
  })

  it('leaves nothing but the files of nonces, and removes what a crash left of one', async () => {
    const store = await FileNonceStore.open(place())
    await Promise.all(Array.from({ length: 5 }, () => store.use(nonce, NOW_S, use)))
    expect(readdirSync(place())).toEqual([nonce])
    const [old, fresh] = [1, 2].map((digit) => join(place(), `.${nonce}.${`${digit}`.repeat(36)}`)) as [string, string]
    for (const draft of [old, fresh]) writeFileSync(draft, '')
    const before = Date.now() / 1000 - 7200
    utimesSync(old, before, before)
    await FileNonceStore.open(place())
    const left = readdirSync(place()).map((name) => join(place(), name))
    expect(left.toSorted()).toEqual([fresh, join(place(), nonce)])
  })

  it('records no use that is too long to be read again', async () => {
    const store = await FileNonceStore.open(place())
    expect(await store.use(nonce, NOW_S, { ...use, endpointId: '\u0001'.repeat(5000) })).toBe(true)
    expect(await store.findUse(nonce)).toBeUndefined()
    await FileNonceStore.open(place())
  })

  it('finds any use that it recorded', async () => {
    const store = await FileNonceStore.open(place())
    const uses = fc.record({
      endpointId: fc.string({ unit: 'binary', maxLength: 200 }),
      accessUntil: fc.double({ noDefaultInfinity: true, noNaN: true }),
    })
    await fc.assert(
      fc.asyncProperty(uses, async (recorded) => {
        const nonce = generateNonce()
        await store.use(nonce, NOW_S, recorded)
        // JSON has no -0.
        expect(await store.findUse(nonce)).toEqual({ ...recorded, accessUntil: recorded.accessUntil + 0 })
      }),
      { numRuns: 30 },
    )
  })

  it.skipIf(platform === 'win32')('lets only its owner look', async () => {
    const store = await FileNonceStore.open(place())
    const nonce = generateNonce()
    await store.use(nonce, NOW_S)
    const mode = (path: string): number => statSync(path).mode & 0o777
    expect([mode(place()), mode(join(place(), nonce))]).toEqual([0o700, 0o600])
  })

  it.each(['when it is opened', 'once in a while'])('removes what has expired %s', async (when) => {
    let ms = NOW_MS
    const store = await FileNonceStore.open(place(), { now: () => ms })
    const [old, lasting, newer] = [generateNonce(), generateNonce(), generateNonce()]
    await store.use(old, NOW_S + 60)
    await store.use(lasting, 2n ** 64n - 1n)
    ms += 60_000 + DAY_MS
    if (when === 'once in a while') await store.use(newer, NOW_S + DAY_MS)
    else await FileNonceStore.open(place(), { now: () => ms })
    expect(readdirSync(place())).not.toContain(old)
    expect(readdirSync(place())).toContain(lasting)
  })

  it.each(['', '18000', `${NOW_S}\n{"endpointId":"al`, `${NOW_S}\n{"endpointId":"alice","accessUntil":${NOW_MS}}`])(
    'takes a file that was not written to its end (%j) as used',
    async (content) => {
      const nonce = generateNonce()
      mkdirSync(place(), { recursive: true })
      writeFileSync(join(place(), nonce), content)
      const store = await FileNonceStore.open(place(), { now: () => NOW_MS })
      expect(await store.use(nonce, NOW_S + 60)).toBe(false)
      expect(await store.findUse(nonce)).toBeUndefined()
      expect(readFileSync(join(place(), nonce), 'utf8')).toBe(content)
    },
  )

  it('leaves names alone that begin with a dot', async () => {
    mkdirSync(place(), { recursive: true })
    writeFileSync(join(place(), '.DS_Store'), 'x')
    await FileNonceStore.open(place())
    expect(readdirSync(place())).toEqual(['.DS_Store'])
  })

  const nonce = 'ab'.repeat(32)
  it.each([
    [
      'another file',
      () => writeFileSync(join(place(), 'notes.txt'), ''),
      'notes.txt: expected nothing but files named by nonces',
    ],
    [
      'another content',
      () => writeFileSync(join(place(), nonce), 'soon\n'),
      `${nonce}: expected the expiry in seconds`,
    ],
    [
      'more than a use',
      () => writeFileSync(join(place(), nonce), `${NOW_S}\nalice\n`),
      `${nonce}: expected the expiry in seconds`,
    ],
    [
      'a large file',
      () => writeFileSync(join(place(), nonce), '1'.repeat(1000)),
      `${nonce}: expected the expiry in seconds`,
    ],
    ['a folder by that name', () => mkdirSync(join(place(), nonce)), `${nonce}: expected a file, found something else`],
  ])('is not opened on a folder with %s in it', async (_what, spoil, message) => {
    mkdirSync(place(), { recursive: true })
    spoil()
    const opened = FileNonceStore.open(place())
    await expect(opened).rejects.toThrow(AdmissionError)
    await expect(opened).rejects.toThrow(message)
  })

  it('is not opened where a file is in the way', async () => {
    writeFileSync(join(folder, 'a'), '')
    await expect(FileNonceStore.open(place())).rejects.toThrow(
      `nonce store ${place()}: expected a folder for used nonces`,
    )
  })

  it.skipIf(platform === 'win32' || getuid?.() === 0)('is not opened where it may not look', async () => {
    mkdirSync(place(), { recursive: true, mode: 0 })
    const opened = FileNonceStore.open(place())
    await expect(opened).rejects.toThrow('found no permission to read it')
    chmodSync(place(), 0o700)
  })

  it('fails, and admits no consumer, when its folder is taken away', async () => {
    const store = await FileNonceStore.open(place())
    rmSync(place(), { recursive: true })
    await expect(store.use(nonce, NOW_S)).rejects.toThrow(AdmissionError)
    await expect(store.use(nonce, NOW_S)).rejects.toThrow(/expected to create it, found no such folder$/)
  })

  it.each(['', '../../escaped', 'AB'.repeat(32), `${nonce}0`])('takes no %j for a nonce', async (text) => {
    const store = await FileNonceStore.open(place())
    await expect(store.use(text, NOW_S)).rejects.toThrow(AdmissionError)
    expect(readdirSync(folder)).toEqual(['a'])
  })

  it('returns true to one of several processes, and tells the others of its use', async () => {
    const script = join(folder, 'use.mjs')
    const source = fileURLToPath(new URL('./node.ts', import.meta.url))
    await build({
      stdin: {
        // Each process uses the nonce twice, as an endpoint that races with itself.
        contents: `import { FileNonceStore } from ${JSON.stringify(source)}
          const [folder, endpointId, ...nonces] = process.argv.slice(2)
          const store = await FileNonceStore.open(folder)
          const accessUntil = ${NOW_MS}
          const claim = async (nonce) => {
            const first = await store.use(nonce, 4102444800, { endpointId, accessUntil })
            return { first, of: (await store.findUse(nonce))?.endpointId }
          }
          console.log(JSON.stringify(await Promise.all([...nonces, ...nonces].map(claim))))`,
        resolveDir: folder,
      },
      bundle: true,
      conditions: ['@aster/source'],
      platform: 'node',
      format: 'esm',
      outfile: script,
    })
    const nonces = Array.from({ length: 40 }, generateNonce)
    const endpoints = ['a', 'b', 'c']
    const runs = await Promise.all(
      endpoints.map((endpointId) => promisify(execFile)(process.execPath, [script, place(), endpointId, ...nonces])),
    )
    const claims = runs.map(({ stdout }) => JSON.parse(stdout) as { first: boolean; of?: string }[])
    for (const index of nonces.keys()) {
      const all = claims.map((one) => [one[index], one[index + nonces.length]])
      const winners = endpoints.filter((_endpoint, one) => all[one]?.some((claim) => claim?.first))
      expect(all.flat().filter((claim) => claim?.first)).toHaveLength(1)
      for (const claim of all.flat()) expect(claim?.of).toBe(winners[0])
    }
  })
})
