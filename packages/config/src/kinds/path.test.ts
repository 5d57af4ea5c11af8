import * as v from 'valibot'
import { afterEach, expect, it, vi } from 'vitest'
import { AsterConfig } from '../aster-config.ts'
import { pathOrNone } from './path.ts'

const home = vi.hoisted(() => ({ folder: (): string => '/users/me' }))
vi.mock('node:os', async (original) => ({ ...(await original<object>()), homedir: () => home.folder() }))
afterEach(() => void (home.folder = () => '/users/me'))

it('takes ~ for the home folder', () => {
  expect(AsterConfig.fromEnv({ ASTER_IDENTITY_FILE: '~/a' }).identityFile).toBe('/users/me/a')
  expect(AsterConfig.fromEnv({ ASTER_IDENTITY_FILE: '~me/a' }).identityFile).toBe('~me/a')
})

it.each<[string, () => string]>([
  [
    'a user without an entry in /etc/passwd',
    () => {
      throw new Error('A system error occurred: uv_os_homedir returned ENOENT')
    },
  ],
  ['an empty HOME', () => ''],
])('refuses ~ with %s', (_what, folder) => {
  home.folder = folder
  for (const [option, variable] of [
    ['identityFile', 'ASTER_IDENTITY_FILE'],
    ['enrollmentCredentialFile', 'ASTER_ENROLLMENT_CREDENTIAL'],
    ['rootPubkeyFile', 'ASTER_ROOT_PUBKEY_FILE'],
  ] as const) {
    const text = /found "~\/a", expected the path of .* without ~, since there is no home folder: HOME is not set$/
    expect(() => AsterConfig.fromEnv({ [variable]: '~/a' })).toThrow(text)
    expect(() => AsterConfig.from({ [option]: '~/a' })).toThrow(text)
    expect(AsterConfig.from({ [option]: 'a' })[option]).toBe('a')
  }
})

it('takes false where the file may be left out, and no other value that is no path', () => {
  const kind = pathOrNone('a file')
  expect(v.safeParse(kind.value, false).success).toBe(true)
  for (const value of [true, '', 0, null]) expect(v.safeParse(kind.value, value).success).toBe(false)
  expect(v.parse(kind.text, 'false')).toBe('false')
})
