import { execFileSync, spawnSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Workplace } from '../../test/cli.ts'

let place: Workplace
beforeEach(() => void (place = new Workplace()))
afterEach(() => place[Symbol.dispose]())

const has = (shell: string): boolean => spawnSync(shell, ['--version']).error === undefined

/** Returns the completions of bash for words, the last of which is incomplete. */
async function complete(...words: readonly string[]): Promise<readonly string[]> {
  const { out } = await place.run(['completion', 'bash'])
  place.write('completion.sh', out)
  const list = words.map((word) => `'${word}'`).join(' ')
  const script = `source completion.sh; COMP_WORDS=(aster ${list}); COMP_CWORD=${words.length}; _aster; printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['-c', script], { cwd: place.folder, encoding: 'utf8' }).split('\n').filter(Boolean)
}

describe('a completion script', () => {
  it.skipIf(!has('bash'))('completes commands, their commands, options and files in bash', async () => {
    expect(await complete('ca')).toEqual(['call'])
    expect(await complete('ticket', '')).toEqual(['decode', 'encode', '--help'])
    expect(await complete('call', 'addr', 'S.m', '--conc')).toEqual(['--concurrency'])
    expect(await complete('identity', 'show', '--j')).toEqual(['--json'])
    place.write('root.key', '')
    expect(await complete('enroll', 'consumer', '--root-key', 'roo')).toEqual(['root.key'])
  })

  it.each(['bash', 'zsh', 'fish'])('is well-formed for %s', async (shell) => {
    const { code, out } = await place.run(['completion', shell])
    expect([code, out]).toEqual([0, expect.stringContaining('describe')])
    if (!has(shell)) return
    expect(spawnSync(shell, ['-n', place.write('script', out)], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    })
  })

  it('is a string of JSON with --json', async () => {
    const { out } = await place.run(['completion', 'bash'])
    expect(await place.json('completion', 'bash')).toEqual({ shell: 'bash', script: out })
  })

  it('does not exist for other shells', async () => {
    expect(await place.run(['completion', 'tcsh'])).toMatchObject({ code: 2, out: '' })
  })
})
