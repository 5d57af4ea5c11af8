// `aster gen` reads modules that misbehave, and manifests that the Python tool writes.
import { copyFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Workplace } from '../test/cli.ts'
import { missing, pythonAster } from './python.ts'

let place: Workplace
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing)
  place = new Workplace()
})
afterEach(() => place?.[Symbol.dispose]())

describe('manifests of the Python tool', () => {
  const services = fileURLToPath(new URL('../../tests/interop/services.py', import.meta.url))
  const python = ['--python', process.env['ASTER_PYTHON'] ?? '']
  const code = async (...args: readonly string[]): Promise<string[]> => {
    const { out } = await place.run(['gen', ...args], { env: { PATH: process.env['PATH'] ?? '' } })
    // A manifest sorts methods by name.
    return out.split('\n').slice(1).sort()
  }
  beforeEach(() => copyFileSync(services, place.path('services.py')))

  it.each(['Counter', 'Later'])(
    'of %s make the same code as the module, and so does an exported contract',
    async (name) => {
      await pythonAster(place, 'contract', 'gen', '--service', `services:${name}`, '--out', 'manifest.json')
      await pythonAster(place, 'contract', 'export', '--manifest', 'manifest.json', '--out', '.')
      const expected = await code(`services:${name}`, ...python)
      expect(expected.join('\n')).toContain(`export const ${name} = defineService({`)
      expect(await code('manifest.json')).toEqual(expected)
      expect(await code(`${name}.aster.json`)).toEqual(expected)
    },
  )

  it('that do not determine every type are refused by name', async () => {
    await pythonAster(place, 'contract', 'gen', '--service', 'services:Interop', '--out', 'manifest.json')
    const { code, err } = await place.run(['gen', 'manifest.json'])
    expect(code).toBe(1)
    for (const problem of [
      'Everything.point: the fields of interop/Point are not in it',
      'Everything.matrix, an element: what the list contains is not in it',
      'Paint.color: neither the names of the members of Color nor its tag are in it',
    ])
      expect(err).toContain(`aster:   ${problem}\n`)
  })
})

describe('modules that the tool has described', () => {
  const python = ['--python', process.env['ASTER_PYTHON'] ?? '']
  const gen = (...args: readonly string[]) =>
    place.run(['gen', ...args, ...python], { env: { PATH: process.env['PATH'] ?? '' } })

  it('may print what they like', async () => {
    place.write(
      'noisy.py',
      `import os, sys
print('one')
os.system('echo two')
os.write(1, b'three')
from aster import rpc, service

@service(name='Noisy', version=1)
class Noisy:
    @rpc
    async def echo(self, req: str) -> str:
        return req
sys.stdout.write('{"description": 5}')
`,
    )
    const { code, out, err } = await gen('noisy:Noisy')
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain(
      "export const Noisy = defineService({ name: 'Noisy', methods: { echo: unary(t.string, t.string) } })",
    )
    expect((await gen('./noisy.py')).out.split('\n').slice(1)).toEqual(out.split('\n').slice(1))
  })

  it.each([
    ['raise ValueError("wrong")', ['  File "broken.py", line 1, in <module>', 'ValueError: wrong']],
    ['import sys; sys.exit(3)', ['SystemExit: 3']],
    ['def f(:', ['SyntaxError: invalid syntax']],
    ['import nothing_like_it', ["ModuleNotFoundError: No module named 'nothing_like_it'"]],
    ['import os; os._exit(9)', ['ended with 9 and told nothing']],
    ['x = 1', ['broken: the module defines no class with @service']],
  ])('are told of as Python does: %s', async (text, lines) => {
    place.write('broken.py', `${text}\n`)
    const { code, out, err } = await gen('broken')
    expect(code).toBeGreaterThan(0)
    expect(out).toBe('')
    for (const line of lines) expect(err.replaceAll(`${place.folder}/`, '')).toContain(`${line}\n`)
    expect(err.split('\n').length).toBeLessThan(8)
  })
})
