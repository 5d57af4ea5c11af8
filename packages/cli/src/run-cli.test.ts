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

it.each([
  [['keygn', '--json'], 2, 'usage', /^unknown command 'keygn' /],
  [['keygen', 'root', '--outt', 'x', '--json'], 2, 'usage', /^unknown option '--outt' /],
  [['keygen', '--json'], 2, 'usage', /^expected a command: root, node, help; see aster keygen --help$|^unknown option/],
  [
    ['services', '--json', 'xyz'],
    2,
    'usage',
    /^address: found a string of 3 characters, expected a ticket \(aster1… or endpoint…\), an endpoint id of 64 hex digits, or base64 of a NodeAddr$/,
  ],
  [['services', '--json', '--identity', 'nofile', 'xyz'], 2, 'usage', /^--identity: there is no file nofile$/],
  [['identity', 'show', 'nofile', '--json'], 1, 'failed', /^there is no file nofile; /],
])('writes an error as JSON: %j', async (argv, code, kind, message) => {
  const run = await place.run(argv)
  expect([run.code, run.out]).toEqual([code, ''])
  expect(run.err.trimEnd().split('\n')).toHaveLength(1)
  const { error } = JSON.parse(run.err) as { error: Record<string, unknown> }
  expect(error).toEqual({
    kind,
    exitCode: code,
    message: expect.stringMatching(message),
    messages: [expect.stringMatching(message)],
  })
})

it('writes several mistakes and warnings as JSON, one object a line', async () => {
  const { code, err } = await place.run(['config', 'explain', '--json'], {
    env: { ASTER_RELAY_MODE: 'of', ASTER_BIND_ADDR: 'x' },
  })
  const { error } = JSON.parse(err) as { error: { messages: string[] } }
  expect([code, error.messages.length]).toEqual([2, 2])
  place.write('id', '# mine\n', 0o644)
  const warned = await place.run(['keygen', 'node', '--identity', 'id', '--json'])
  const lines = warned.err.trimEnd().split('\n')
  expect(warned.code).toBe(0)
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { warning: expect.stringContaining('can be read by others') },
    { warning: 'id was written anew, without the comments it had' },
  ])
})

const COMMANDS = [
  [],
  ['keygen'],
  ['keygen', 'root'],
  ['keygen', 'node'],
  ['enroll'],
  ['enroll', 'consumer'],
  ['identity', 'show'],
  ['services'],
  ['config', 'explain'],
]

it.each(COMMANDS.map((command) => [command]))('wraps the help of %j in narrow terminals', async (command) => {
  for (const width of [60, 72, 100]) {
    const { code, out } = await place.run([...command, '--help'], { columns: width })
    expect(code).toBe(0)
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(width)
  }
  const piped = await place.run([...command, '--help'], { env: { COLUMNS: '60' } })
  expect(piped.out).toBe((await place.run([...command, '--help'], { columns: 60 })).out)
})

it('marks required options in its help', async () => {
  const { out } = await place.run(['enroll', 'consumer', '--help'], { columns: 200 })
  expect(out).toContain('Usage: aster enroll consumer --name <name> --root-key <file> [options]')
  const required = out.split('\n').filter((line) => line.endsWith('(required)'))
  expect(required.map((line) => line.trim().split(' ')[0])).toEqual(['--name', '--root-key'])
})

it('writes an error without control characters', async () => {
  const { err } = await place.run(['identity', 'show', 'a\u001b[31m\nb'])
  expect(err).toMatch(/^aster: there is no file a\\u\{1b\}\[31m\\u\{a\}b; [^\n]*\n$/)
})

it('has colours for errors on a terminal', async () => {
  expect((await place.run(['x'], { tty: true })).err).toContain('\u001b[31master:\u001b[39m')
})
