import { AsterConfig } from '@aster/config'
import { describeServices } from '@aster/description'
import { AsterServer, defineService, implement, t, unary } from '@aster/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workplace } from '../../test/cli.ts'

const LOCAL = { ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0' }

const Point = t.struct('geo/Point', { x: t.int, y: t.withDefault(t.int, 3) }, { doc: 'Somewhere.' })
const Line = t.struct('geo/Line', { from: Point, maybeTo: t.optional(Point) })
const Other = t.struct('other/Other', { text: t.string })
const Geo = defineService({ name: 'geo.Geo', methods: { mirror: unary(Line, Line, { doc: 'Turns it.' }) } })
const Else = defineService({ name: 'Else', methods: { echo: unary(Other, Other) } })

const implementations = [implement(Geo, { mirror: (line) => line }), implement(Else, { echo: (other) => other })]

let place: Workplace
let servers: readonly AsterServer[]
beforeAll(async () => {
  place = new Workplace()
  servers = [true, false].map(
    (reflection) =>
      new AsterServer({
        services: implementations,
        config: AsterConfig.fromEnv(LOCAL),
        allowAllConsumers: true,
        reflection,
        health: true,
        logger: false,
      }),
  )
  for (const server of servers) await server.start()
})
afterAll(async () => {
  for (const server of servers) await server.close()
  place[Symbol.dispose]()
})

const gen = (isDescribed: boolean, ...args: readonly string[]) =>
  place.run(['gen', servers[isDescribed ? 0 : 1]?.address ?? '', ...args], { env: LOCAL })

describe('of a running producer', () => {
  it('writes its definitions, except services that every server has', async () => {
    place.write('all.json', JSON.stringify(describeServices([Geo, Else], { serializationModes: ['xlang'] })))
    const { code, out, err } = await gen(true)
    expect([code, err]).toEqual([0, ''])
    expect(out.split('\n')[0]).toBe('// Made by `aster gen ADDRESS`. Do not edit: make it again.')
    const expected = await place.run(['gen', 'all.json'])
    expect(out.split('\n').slice(1)).toEqual(expected.out.split('\n').slice(1))
  })

  it('writes the services that are named, and is checked again', async () => {
    const args = ['geo.Geo', '--out', 'geo.ts']
    expect(await gen(true, ...args)).toEqual({ code: 0, out: 'geo.ts written: 1 service, 2 types\n', err: '' })
    const code = place.read('geo.ts')
    expect(code).toContain('// Made by `aster gen ADDRESS geo.Geo`.')
    expect(code).toContain("export const Line = t.struct('geo/Line', { from: Point, maybeTo: t.optional(Point) })")
    expect(code).toContain('/** Turns it. */')
    expect(await gen(true, ...args, '--check')).toMatchObject({
      code: 0,
      out: 'geo.ts is up to date with the producer\n',
    })
    place.write('geo.ts', code.replace('maybeTo: t.optional(Point)', 'maybeTo: Point'))
    expect(await gen(true, ...args, '--check')).toMatchObject({
      code: 1,
      out: expect.stringContaining('Line.maybeTo: made optional; breaks peers'),
      err: expect.stringContaining('geo.ts is not up to date with the producer: 1 change'),
    })
  })

  it('writes reflection itself if that is asked for, and Python', async () => {
    expect((await gen(true, 'aster.reflection')).out).toContain("name: 'aster.reflection'")
    expect((await gen(true, 'Else', '--lang', 'python')).out).toContain('@service(name="Else", version=1)')
  })

  it('names services that the producer does not offer', async () => {
    expect(await gen(true, 'geo.Ge')).toMatchObject({
      code: 2,
      err: 'aster: the producer offers no service geo.Ge; did you mean geo.Geo?\n',
    })
    expect(await gen(false)).toMatchObject({
      code: 1,
      err: expect.stringContaining('aster: the producer does not describe its services; an AsterServer does with'),
    })
  })

  it('distinguishes a shortened address from a module', async () => {
    const cut = (servers[0]?.address ?? '').slice(0, 60)
    expect(await place.run(['gen', cut], { env: LOCAL })).toMatchObject({
      code: 2,
      err: expect.stringContaining('aster: address: '),
    })
  })
})
