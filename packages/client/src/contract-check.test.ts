import type { ServiceSummary } from '@aster/admission'
import { contractId } from '@aster/contract'
import { defineService, t, unary } from '@aster/rpc-core'
import { expect, it } from 'vitest'
import { assertContract, contractHint } from './contract-check.ts'
import { ContractMismatchError } from './errors.ts'

const Point = t.struct('geo/Point', { x: t.int, y: t.int })
const Geo = defineService({ name: 'Geo', methods: { mirror: unary(Point, Point) } })
const Wider = defineService({ name: 'Geo', methods: { mirror: unary(Point, Point), turn: unary(Point, Point) } })

const offering = (id: string, serializationModes = ['xlang']): ServiceSummary => ({
  name: 'Geo',
  version: 1,
  contractId: id,
  channels: {},
  pattern: 'shared',
  serializationModes,
})

it.each([
  ['the same definition', contractId(Geo), ['xlang']],
  ['upper-case digits', contractId(Geo).toUpperCase(), ['xlang']],
  ['other modes, which it offers', contractId(Geo, { serializationModes: ['xlang', 'json'] }), ['xlang', 'json']],
  ['default modes behind an offer of more', contractId(Geo), ['xlang', 'json']],
  ['annotations that are postponed', contractId(Geo, { postponedAnnotations: true }), ['xlang']],
])('has nothing to say of %s', (_what, id, modes) => {
  expect(contractHint(Geo, offering(id, modes))).toBeUndefined()
  expect(() => assertContract(Geo, offering(id, modes))).not.toThrow()
})

it('hints at another definition, and refuses it with strictContract', () => {
  const offered = offering(contractId(Wider))
  expect(contractHint(Geo, offered)).toContain(`'Geo' is ${contractId(Wider)}`)
  const error = (() => {
    try {
      return assertContract(Geo, offered)
    } catch (thrown) {
      return thrown
    }
  })()
  expect(error).toBeInstanceOf(ContractMismatchError)
  expect(error).toMatchObject({ service: 'Geo', version: 1, expected: contractId(Geo), offered: contractId(Wider) })
})

it('has no hint if the producer offers no id, which strictContract refuses', () => {
  expect(contractHint(Geo, offering(''))).toBeUndefined()
  expect(() => assertContract(Geo, offering(''))).toThrow(
    `service 'Geo' v1: the definition has the contract id ${contractId(Geo)}, and the producer offers none`,
  )
})

it('accepts a definition that has no id', () => {
  const Odd = defineService({ name: 'Geo', methods: { odd: unary(Point, Point, { wireName: '\ud800' }) } })
  expect(contractHint(Odd, offering(contractId(Geo)))).toBeUndefined()
})
