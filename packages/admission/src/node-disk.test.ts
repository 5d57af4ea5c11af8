import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import fs, { type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { NOW_S } from '../test/credentials.ts'
import { FileNonceStore } from './node.ts'

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  const spies = { open: vi.fn(real.open), link: vi.fn(real.link) }
  return { ...real, ...spies, default: { ...real, ...spies } }
})

const real = await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises')
const nonce = 'ab'.repeat(32)

let folder = ''
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'aster-disk-'))))
afterEach(() => {
  vi.resetAllMocks()
  rmSync(folder, { recursive: true })
})

const fail = (code: string) => async (): Promise<never> => {
  throw Object.assign(new Error(code), { code })
}

/** Files that are opened for writing cannot be written to, from the `first` time on. */
function fillDisk(first: number): void {
  let opened = 0
  vi.mocked(fs.open).mockImplementation(async (path, flags, mode) => {
    const file: FileHandle = await real.open(path, flags, mode)
    if (flags === 'wx' && ++opened >= first) file.writeFile = fail('ENOSPC')
    return file
  })
}

it('records a use on a file system without hard links, once', async () => {
  vi.mocked(fs.link).mockImplementation(fail('EPERM'))
  const store = await FileNonceStore.open(folder)
  expect([await store.use(nonce, NOW_S), await store.use(nonce, NOW_S)]).toEqual([true, false])
  expect(readdirSync(folder)).toEqual([nonce])
})

it.each([
  ['with', 1],
  ['without', 2],
])(
  'admits no consumer on a full disk %s hard links, and does not take the credential for used',
  async (_links, first) => {
    vi.mocked(fs.link).mockImplementation(fail('EPERM'))
    const store = await FileNonceStore.open(folder)
    fillDisk(first)
    await expect(store.use(nonce, NOW_S)).rejects.toThrow(/expected to create it, found a full disk$/)
    expect(readdirSync(folder)).toEqual([])
    vi.resetAllMocks()
    expect(await store.use(nonce, NOW_S)).toBe(true)
  },
)
