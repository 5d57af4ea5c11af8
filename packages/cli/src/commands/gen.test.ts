import { describeServices } from '@aster/description'
import { defineService, t, unary } from '@aster/rpc-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Workplace } from '../../test/cli.ts'

const Point = t.struct('geo/Point', { x: t.int, y: t.int })
const Geo = defineService({ name: 'Geo', methods: { mirror: unary(Point, Point) } })
const geo = JSON.stringify(describeServices([Geo], { serializationModes: ['xlang'] }))

let place: Workplace
beforeEach(() => {
  place = new Workplace()
  place.write('geo.json', geo)
})
afterEach(() => place[Symbol.dispose]())

const gen = (...args: readonly string[]) => place.run(['gen', ...args])

/** Writes a program that replaces Python and prints the given output. */
function fakePython(result: string): string {
  return place.write('python', `#!/bin/sh\ncat <<'END'\n${result}\nEND\n`, 0o700)
}

describe('of a description', () => {
  it('writes a file, and only if it changes', async () => {
    expect(await gen('geo.json', '--out', 'src/geo.ts')).toEqual({
      code: 0,
      out: 'src/geo.ts written: 1 service, 1 type\n',
      err: '',
    })
    expect(place.read('src/geo.ts')).toContain('export const Geo = defineService({')
    expect((await gen('geo.json', '--out', 'src/geo.ts')).out).toBe('src/geo.ts is up to date: 1 service, 1 type\n')
    expect(await place.json('gen', 'geo.json', '--out', 'src/geo.ts')).toMatchObject({
      file: 'src/geo.ts',
      changed: false,
      services: [{ name: 'Geo', version: 1, equal: true, unnamed: [] }],
    })
  })

  it('writes to stdout, from stdin as well', async () => {
    const { code, out } = await place.run(['gen', '-'], { stdin: geo })
    expect([code, out]).toEqual([0, expect.stringContaining('// Made by `aster gen -`. Do not edit: make it again.\n')])
    expect(await place.json('gen', 'geo.json')).toMatchObject({ code: expect.stringContaining('geo/Point') as string })
    expect((await gen('geo.json', '--import', '@aster/rpc-core')).out).toContain("from '@aster/rpc-core'")
    expect((await gen('geo.json', '--lang', 'json')).out).toBe(`${JSON.stringify(JSON.parse(geo), undefined, 2)}\n`)
    expect((await gen('geo.json', '--lang', 'python')).out).toContain('@service(name="Geo", version=1)')
  })

  it('says what is wrong with it', async () => {
    place.write('bad.json', '{"asterDescription":1,"services":5}')
    expect(await gen('bad.json')).toMatchObject({
      code: 1,
      err: 'aster: bad.json: services: expected a list of services, found the integer 5\n',
    })
    place.write('bad.json', '{')
    expect(await gen('bad.json')).toMatchObject({ code: 1, err: expect.stringContaining('bad.json: expected JSON') })
    expect(await gen('none.json')).toMatchObject({ code: 2, err: 'aster: cannot read none.json: no such file\n' })
    expect(await gen('geo.json', 'other')).toMatchObject({ code: 2, err: expect.stringContaining('or one file') })
    expect(await gen('geo.json', '--check')).toMatchObject({ code: 2, err: expect.stringContaining('expected --out') })
    expect(await gen()).toMatchObject({ code: 2, err: expect.stringContaining("missing required argument 'source'") })
  })
})

describe('--check', () => {
  const check = (...args: readonly string[]) => gen('geo.json', '--out', 'geo.ts', '--check', ...args)
  beforeEach(() => gen('geo.json', '--out', 'geo.ts'))

  it('passes a file that is up to date', async () => {
    expect(await check()).toEqual({ code: 0, out: 'geo.ts is up to date with geo.json\n', err: '' })
  })

  it('lists what has changed, and whether it breaks peers', async () => {
    const More = t.struct('geo/Point', { x: t.int, y: t.float64, z: t.optional(t.int) })
    const methods = { mirror: unary(More, More), other: unary(More, More) }
    place.write('geo.json', JSON.stringify(describeServices([defineService({ name: 'Geo', methods })])))
    const { code, out, err } = await check()
    expect(code).toBe(1)
    expect(out).toBe(
      [
        'Point.y: t.int is now t.float64; breaks peers: messages of the other type cannot be read',
        'Point.z: added (t.optional(t.int)); breaks peers: in XLANG both sides must have the same fields',
        'Geo.other: added; breaks no peer: older producers answer UNIMPLEMENTED to those that call it',
        '',
      ].join('\n'),
    )
    expect(err).toBe(
      'aster: geo.ts is not up to date with geo.json: 3 changes, 2 of them breaking peers; write it without --check\n',
    )
    expect(JSON.parse((await check('--json')).out)).toMatchObject({
      upToDate: false,
      changes: [{ subject: 'Point.y', breaks: true }, { subject: 'Point.z' }, { subject: 'Geo.other', breaks: false }],
    })
    expect(place.read('geo.ts')).not.toContain('float64')
  })

  it('reports a file that was edited, that is missing, or that is of another kind', async () => {
    place.write('geo.ts', `${place.read('geo.ts')}\n// More.\n`)
    expect(await check()).toMatchObject({ code: 1, out: expect.stringContaining('only comments') })
    place.write('geo.ts', 'const { = 5')
    expect(await check()).toMatchObject({ code: 1, out: expect.stringContaining('it is not as aster gen writes it') })
    expect(await gen('geo.json', '--out', 'none.ts', '--check')).toMatchObject({
      code: 1,
      err: 'aster: none.ts is not there; write it without --check\n',
    })
  })

  it('compares descriptions as well', async () => {
    await gen('geo.json', '--lang', 'json', '--out', 'out.json')
    expect(await gen('geo.json', '--lang', 'json', '--out', 'out.json', '--check')).toMatchObject({ code: 0 })
  })
})

describe('of Python', () => {
  it('writes what it describes, with its warnings', async () => {
    const python = fakePython(`{"description":${geo},"warnings":["a warning"],"problems":[]}`)
    const { code, out, err } = await gen('geo:Geo', '--python', python)
    expect([code, err]).toEqual([0, 'warning: a warning\n'])
    expect(out).toContain('// Made by `aster gen geo:Geo`. Do not edit: make it again.')
  })

  it('lists what cannot be used, each by name', async () => {
    const python = fakePython(`{"description":{},"warnings":[],"problems":["Geo: A.b: no","Geo: A.c: no"]}`)
    expect(await gen('geo', '--python', python)).toMatchObject({
      code: 1,
      err: 'aster: geo cannot be used over the wire\naster:   Geo: A.b: no\naster:   Geo: A.c: no\n',
    })
    const { err } = await gen('geo', '--python', python, '--json')
    expect(JSON.parse(err)).toMatchObject({ error: { messages: ['geo cannot be used over the wire', {}, {}] } })
  })

  it('shows why a module cannot be imported, without control characters', async () => {
    const lines = ['cannot import geo', '  File "geo.py", line 3, in <module>', 'ValueError: \\u001b[2J']
    const python = fakePython(`{"failure":{"kind":"import","lines":${JSON.stringify(lines).replace('\\\\u', '\\u')}}}`)
    expect(await gen('geo', '--python', python)).toMatchObject({
      code: 1,
      err: 'aster: cannot import geo\naster:   File "geo.py", line 3, in <module>\naster: ValueError: \\u{1b}[2J\n',
    })
  })

  it('reports a Python that does not exist, and one that prints nothing', async () => {
    expect(await gen('geo', '--python', './none')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--python: cannot run ./none: no such program'),
    })
    place.write('python', '#!/bin/sh\necho noise; echo wrong >&2; exit 3\n', 0o700)
    expect(await gen('geo', '--python', './python')).toMatchObject({
      code: 1,
      err: 'aster: ./python ended with 3 and told nothing\naster: wrong\n',
    })
  })

  it('is that of the virtual environment', async () => {
    const path = fakePython(`{"description":${geo},"warnings":[],"problems":[]}`)
    const env = { VIRTUAL_ENV: place.path('env'), PATH: process.env['PATH'] ?? '' }
    await place.run(['gen', 'geo.json', '--out', 'env/bin/x.ts'])
    place.write('env/bin/python', `#!/bin/sh\nexec ${path}\n`, 0o700)
    expect(await place.run(['gen', 'geo'], { env })).toMatchObject({ code: 0 })
  })

  it('says when the contract id is another one', async () => {
    const other = geo.replace(/"contractId":"[0-9a-f]{64}"/, `"contractId":"${'0'.repeat(64)}"`)
    const python = fakePython(`{"description":${other},"warnings":[],"problems":[]}`)
    const { code, err } = await gen('geo', '--python', python)
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(/^warning: the contract id of Geo, .*, is not that of its source/),
    ])
    const tuple = other.replace(
      '"name":"x","wireName":"x","type":{"kind":"int"',
      '"name":"x","wireName":"x","type":{"pythonAny":true,"kind":"int"',
    )
    const untold = fakePython(`{"description":${tuple},"warnings":[],"problems":[]}`)
    expect((await gen('geo', '--python', untold)).err).toContain('is not that of its source')
  })
})

describe('of a manifest', () => {
  const field = (name: string, kind: string, more: object = {}) => ({
    name,
    kind,
    nullable: false,
    default_value: kind === 'string' ? '' : 0,
    default_kind: 'value',
    ...more,
  })
  const fields = [field('x', 'int'), field('y', 'int')]
  const manifest = (own: readonly object[] = fields, more: object = {}) =>
    JSON.stringify({
      v: 1,
      service: 'Geo',
      version: 1,
      contract_id: (JSON.parse(geo) as { services: { contractId: string }[] }).services[0]?.contractId,
      scoped: 'shared',
      serialization_modes: [0],
      methods: [
        {
          name: 'mirror',
          pattern: 'unary',
          request_type: 'Point',
          request_wire_tag: 'geo/Point',
          response_type: 'Point',
          response_wire_tag: 'geo/Point',
          timeout: null,
          idempotent: false,
          fields: own,
          response_fields: own,
        },
      ],
      ...more,
    })

  it('is what the contract id proves', async () => {
    place.write('manifest.json', manifest())
    const { code, out, err } = await gen('manifest.json')
    expect([code, err]).toEqual([0, ''])
    expect(out.split('\n').slice(3)).toEqual((await gen('geo.json')).out.split('\n').slice(3))
    place.write('Geo.aster.json', manifest().replace('"contract_id":"', '"contract_id":"blake3:'))
    expect((await gen('Geo.aster.json')).code).toBe(0)
  })

  it('is found in the order of declaration, which an export has lost', async () => {
    const text = manifest([field('y', 'int'), field('x', 'int')])
    place.write('Geo.aster.json', text)
    const { code, out, err } = await gen('Geo.aster.json')
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain("t.struct('geo/Point', { x: t.int, y: t.int })")
    place.write('Geo.aster.json', text.replaceAll('int', 'float'))
    expect((await gen('Geo.aster.json')).code).toBe(1)
  })

  it('is refused if it does not determine a type, by name', async () => {
    const open = [
      field('a', 'enum', { ref_name: 'Color', enum_values: ['red'] }),
      field('b', 'list', { item_kind: 'list', item_nullable: false }),
      field('c', 'ref', { ref_name: 'Inner', wire_tag: 'geo/Inner' }),
      field('d', 'list', { item_kind: 'string', item_nullable: true }),
      field('e', 'map', { key_kind: 'string', value_kind: 'map' }),
    ]
    place.write('manifest.json', manifest(open))
    const { code, err } = await gen('manifest.json')
    expect([code, err]).toEqual([
      1,
      [
        'manifest.json does not determine every type; a manifest does not say it: name the Python module instead, as in aster gen my_services:MyService',
        '  Point.a: neither the names of the members of Color nor its tag are in it',
        '  Point.b, an element: what the list contains is not in it',
        '  Point.c: the fields of geo/Inner are not in it',
        '  Point.d, an element: it may be null, and is text or something else that the contract id does not show',
        '  Point.e, a value: what the map contains is not in it',
      ]
        .map((line) => `aster: ${line}\n`)
        .join(''),
    ])
  })

  it('is refused if the contract id shows that a type is another one', async () => {
    place.write('manifest.json', manifest([field('x', 'int'), field('y', 'string')]))
    const { code, err } = await gen('manifest.json')
    expect(code).toBe(1)
    expect(err).toContain('the contract id of Geo is not that of the types that it shows')
    expect(err).toContain('aster:   one of these is of another type: Point.y')
    place.write('manifest.json', '{"service":5}')
    expect((await gen('manifest.json')).err).toContain('expected a description, or a manifest')
  })
})
