import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { writeFile } from './write-file.ts'

vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>()
  const { linkSync, openSync, renameSync, writeFileSync, writeSync } = real
  const spies = Object.fromEntries(
    Object.entries({ linkSync, openSync, renameSync, writeFileSync, writeSync }).map(([name, real]) => [
      name,
      vi.fn(real as () => unknown),
    ]),
  )
  return { ...real, ...spies, default: { ...real, ...spies } }
})

const real = await vi.importActual<typeof import('node:fs')>('node:fs')

let folder = ''
beforeEach(() => void (folder = fs.mkdtempSync(join(tmpdir(), 'aster-write-'))))
afterEach(() => {
  vi.resetAllMocks()
  fs.rmSync(folder, { recursive: true })
})

const file = () => join(folder, 'id')
const write = (text: string, overwrite = true) => writeFile(file(), text, { mode: 0o600, overwrite, source: '--out' })
const read = () => fs.readFileSync(file(), 'utf8')
const left = () => fs.readdirSync(folder)

type WriteBytes = (to: number, bytes: Uint8Array, from: number, length: number, at: number) => number

function systemError(code: string): never {
  throw Object.assign(new Error(code), { code })
}

describe('a file system without hard links', () => {
  beforeEach(() => void vi.mocked(fs.linkSync).mockImplementation(() => systemError('EPERM')))

  it('takes new files, and keeps those that are there', () => {
    write('one', false)
    expect(read()).toBe('one')
    expect(fs.statSync(file()).mode & 0o777).toBe(0o600)
    expect(() => write('two', false)).toThrow(
      '--out file: expected a place to write, found a file, which is not replaced',
    )
    expect(read()).toBe('one')
    expect(left()).toEqual(['id'])
  })

  it('keeps no part of a file that could not be written', () => {
    vi.mocked(fs.writeFileSync).mockImplementation((to, ...rest) => {
      // The file itself is opened last.
      if (fs.existsSync(file())) systemError('ENOSPC')
      real.writeFileSync(to, ...rest)
    })
    expect(() => write('one', false)).toThrow('expected a place to write, found a full disk')
    expect(left()).toEqual([])
  })
})

describe.each(['EBUSY', 'EXDEV', 'EPERM'])(
  'a file that cannot be replaced (%s), as it is mounted on its own',
  (code) => {
    beforeEach(() => {
      fs.writeFileSync(file(), 'a longer text than the next one', { mode: 0o644 })
      vi.mocked(fs.renameSync).mockImplementation(() => systemError(code))
    })

    it('is written in place', () => {
      const { ino } = fs.statSync(file())
      write('ä')
      expect(read()).toBe('ä')
      write('longer than before')
      expect(read()).toBe('longer than before')
      expect(fs.statSync(file())).toMatchObject({ ino })
      expect(fs.statSync(file()).mode & 0o777).toBe(0o600)
      expect(left()).toEqual(['id'])
    })

    it('keeps what it had if the disk is full', () => {
      // The disk is full after two bytes, but the old content fits.
      const writeBytes = vi.mocked(fs.writeSync as WriteBytes)
      writeBytes.mockImplementationOnce((to, bytes, from, _length, at) => real.writeSync(to, bytes, from, 2, at))
      writeBytes.mockImplementationOnce(() => systemError('ENOSPC'))
      expect(() => write('new content')).toThrow('--out file: expected a place to write, found a full disk')
      expect(read()).toBe('a longer text than the next one')
      expect(left()).toEqual(['id'])
    })
  },
)

describe.each(['EROFS', 'EACCES'])('a folder that takes no file (%s)', (code) => {
  beforeEach(() => {
    vi.mocked(fs.openSync).mockImplementation((path, flags, mode) =>
      flags === 'wx' && dirname(String(path)) === folder ? systemError(code) : real.openSync(path, flags, mode),
    )
  })

  it('has a file in it that is written in place, locked by a file elsewhere', () => {
    fs.writeFileSync(file(), 'old')
    write('new')
    expect(read()).toBe('new')
    const opened = vi.mocked(fs.openSync).mock.calls.map(([path]) => String(path))
    const lock = opened.find((path) => dirname(path) === tmpdir() && /^aster-\d+-\d+\.lock$/.test(basename(path)))
    expect(lock).toBeDefined()
    expect(fs.existsSync(lock ?? '')).toBe(false)
  })

  it('is named if the file is missing', () => {
    const found = code === 'EROFS' ? 'a file system that is read-only' : 'no permission to write there'
    expect(() => write('new')).toThrow(`--out file: expected a place to write, found ${found}`)
  })
})

describe('a disk that is full', () => {
  it.each([1, 2])('keeps the file that is there, and nothing else (write %i)', (last) => {
    fs.writeFileSync(file(), 'old')
    let calls = 0
    vi.mocked(fs.writeFileSync).mockImplementation((...args) => {
      calls++
      if (calls === last) systemError('ENOSPC')
      real.writeFileSync(...args)
    })
    expect(() => write('new')).toThrow('--out file: expected a place to write, found a full disk')
    expect(read()).toBe('old')
    expect(left()).toEqual(['id'])
  })
})

it('removes what a process left that ended while it wrote, and nothing else', () => {
  const others = ['.id.backup', '.id.0123456789ab', '.other.0123456789ab.new', 'id.0123456789ab.new']
  for (const name of ['.id.0123456789ab.new', ...others]) fs.writeFileSync(join(folder, name), 'secret')
  write('new')
  expect(left()).toEqual(['id', ...others].toSorted())
})
