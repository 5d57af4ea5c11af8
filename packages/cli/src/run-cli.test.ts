import { afterEach, beforeEach, expect, it } from 'vitest'
import { Workplace } from '../test/cli.ts'

let place: Workplace
beforeEach(() => void (place = new Workplace()))
afterEach(() => place[Symbol.dispose]())

it('prints its help and version', async () => {
  const help = await place.run(['--help'])
  expect([help.code, help.err]).toEqual([0, ''])
  for (const command of ['keygen', 'enroll', 'identity', 'services', 'config'])
    expect(help.out).toContain(`  ${command} `)
  expect((await place.run(['help', 'enroll'])).out).toContain('Usage: aster enroll')
  expect((await place.run(['keygen', 'root', '--help'])).out).toContain('--out <file>')
  expect(await place.run(['--version'])).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '' })
})

it.each([[[]], [['keygen']], [['enroll']], [['identity']], [['config']]])(
  'prints help as an error for %j alone',
  async (argv) => {
    const { code, out, err } = await place.run(argv)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^Usage: aster/)
  },
)

it.each([
  [['keygn'], "unknown command 'keygn' (did you mean keygen?); see aster --help"],
  [['keygen', 'rot'], "unknown command 'rot' (did you mean root?); see aster keygen --help"],
  [['keygen', 'root', '--outt', 'x'], "unknown option '--outt' (did you mean --out?); see aster keygen root --help"],
  [['keygen', 'root', '--out'], "option '--out <file>' argument missing; see aster keygen root --help"],
  [
    ['keygen', 'root', 'x'],
    "too many arguments for 'root'. Expected 0 arguments but got 1.; see aster keygen root --help",
  ],
  [['services', 'a', 'b'], 'too many arguments'],
  [
    ['services'],
    'address: expected that of a producer; name it, or set ASTER_ENDPOINT_ADDR; see aster services --help',
  ],
  [['keygen', 'root', `--${'ab'.repeat(32)}`], "unknown option '****'"],
])('says on one line what is wrong with %j', async (argv, problem) => {
  const { code, out, err } = await place.run(argv)
  expect([code, out]).toEqual([2, ''])
  expect(err).toContain(`aster: ${problem}`)
  expect(err.trimEnd().split('\n')).toHaveLength(1)
})

it('writes an error without control characters', async () => {
  const { err } = await place.run(['identity', 'show', 'a\u001b[31m\nb'])
  expect(err).toMatch(/^aster: there is no file a\\u\{1b\}\[31m\\u\{a\}b; [^\n]*\n$/)
})

it('has colours for errors on a terminal', async () => {
  expect((await place.run(['x'], { tty: true })).err).toContain('\u001b[31master:\u001b[39m')
})
