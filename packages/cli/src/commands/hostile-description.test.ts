import { AsterConfig } from '@aster/config'
import { AsterServer, defineService, implement, t, unary } from '@aster/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workplace } from '../../test/cli.ts'

const LOCAL = { ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0' }
const HOSTILE = '\u001b]0;x\u0007\u001b[2J\u202eevil\u0085\u009b31m\nroot# \u2028\ufeff'
const CONTROL = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

const Color = t.enum(`x/Color${HOSTILE}`, { [`RED${HOSTILE}`]: HOSTILE, BLUE: 'blue' }, { doc: HOSTILE })
const Thing = t.struct(
  `x/Thing${HOSTILE}`,
  { field: t.named(`f${HOSTILE}`, t.withDefault(t.string, HOSTILE)), color: Color },
  { doc: HOSTILE },
)
const options = { doc: HOSTILE, requires: HOSTILE, wireName: `m${HOSTILE}` }
const Service = defineService({ name: `S${HOSTILE}`, doc: HOSTILE, methods: { m: unary(Thing, Thing, options) } })

let place: Workplace
let server: AsterServer
beforeAll(async () => {
  place = new Workplace()
  server = new AsterServer({
    services: [implement(Service, { m: (thing) => thing })],
    config: AsterConfig.fromEnv(LOCAL),
    allowAllConsumers: true,
    reflection: true,
    logger: false,
  })
  await server.start()
})
afterAll(async () => {
  await server.close()
  place[Symbol.dispose]()
})

const aster = (...args: readonly string[]) => place.run(args, { env: LOCAL })
const method = `S${HOSTILE}.m${HOSTILE}`

describe('a producer whose description is hostile', () => {
  it.each([
    ['services', []],
    ['describe', []],
    ['describe', [`S${HOSTILE}`]],
    ['describe', [method]],
    ['describe', [`S${HOSTILE}.n${HOSTILE}`]],
    ['describe', [`T${HOSTILE}`]],
    ['call', [method, '{}']],
    ['call', [method, '{"x":1}']],
    ['call', [`S${HOSTILE}.n`, '{}']],
    ['bench', [method, '{}', '--requests', '1']],
    ['doctor', []],
    ['gen', []],
    ['gen', [`S${HOSTILE}`, '--lang', 'python']],
    ['gen', [`S${HOSTILE}`, '--lang', 'json']],
    ['gen', [`T${HOSTILE}`]],
    ['gen', ['--out', 'hostile.ts']],
  ])('does not write to the terminal: aster %s %j', async (command, args) => {
    for (const json of [[], ['--json']]) {
      const { out, err } = await aster(command, server.address, ...args, ...json)
      expect(out + err).not.toBe('')
      expect(out).not.toMatch(CONTROL)
      expect(err).not.toMatch(CONTROL)
    }
  })

  it('is told as it is in JSON', async () => {
    const { out } = await aster('describe', server.address, '--json')
    expect(JSON.parse(out)).toMatchObject({
      services: [{ name: `S${HOSTILE}`, methods: [{ wireName: `m${HOSTILE}` }] }, {}],
    })
  })
})
