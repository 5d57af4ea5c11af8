// A consumer without the roles never reaches a handler, for all rules, roles and calls.
import { allOf, anyOf, defineService, type MethodDefinition, StatusCode, unary } from '@aster/rpc-core'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import {
  closePairs,
  expectAnswered,
  guarded,
  handler,
  methodName,
  pairOf,
  reached,
  refusedByMethod,
  refusedByService,
  type Rules,
} from './guarded.ts'
import { allCalls } from './patterns.ts'
import { Item } from './raw-frames.ts'

afterEach(closePairs)

describe('for all rules and roles', () => {
  const role = fc.constantFrom('ops', 'dev', 'OPS', 'a b', '*', 'é')
  const rule = fc.oneof(
    role,
    fc.array(role, { minLength: 1, maxLength: 3 }).map((roles) => anyOf(...roles)),
    fc.array(role, { minLength: 1, maxLength: 3 }).map((roles) => allOf(...roles)),
  )
  const rules = fc.record({
    service: fc.option(rule, { nil: undefined }),
    methods: fc.option(rule, { nil: undefined }),
  })
  /** Returns roles as a credential lists them, and as a set. */
  const held = fc
    .array(fc.tuple(role, fc.constantFrom('', ' ', '\t', '\u00a0')), { maxLength: 4 })
    .map(
      (list) => [list.map(([name, space]) => space + name + space).join(','), new Set(list.map(([n]) => n))] as const,
    )

  const isMet = (required: Rules['service'], has: ReadonlySet<string>): boolean => {
    if (required === undefined) return true
    if (typeof required === 'string') return has.has(required)
    const count = required.roles.filter((name) => has.has(name)).length
    return required.kind === 'allOf' ? count === required.roles.length : count > 0
  }

  it('a consumer without the roles reaches no handler, and one with them does', async () => {
    const calls = fc.array(fc.constantFrom(...allCalls), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(rules, held, calls, async (both, [listed, has], made) => {
        await closePairs()
        const isServiceMet = isMet(both.service, has)
        const isAllMet = isServiceMet && isMet(both.methods, has)
        const pair = pairOf(guarded(both), listed)
        for (const [kind, scope, , codec] of made) {
          const answer = await pair.call(kind, scope, codec)
          if (isAllMet) expectAnswered(answer)
          else if (isServiceMet) expect(answer).toMatchObject(refusedByMethod(kind, scope))
          else expect(answer).toMatchObject(refusedByService(scope))
        }
        const names = made.map(([kind, scope]) => methodName(kind, scope))
        expect(reached.filter((name) => name !== 'an instance')).toEqual(isAllMet ? names : [])
        if (!isServiceMet) expect(reached).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('a malformed rule of a definition that was made by hand opens no method', async () => {
    const wrong = fc.oneof(
      fc.constantFrom(null, false, true, 0, '', ' ', [], ['ops'], {}, () => true),
      fc.record({
        kind: fc.constantFrom('anyOf', 'allOf', 'role'),
        roles: fc.constantFrom([], [''], 'ops', null, [1]),
      }),
      fc.record({ kind: fc.constantFrom('any_of', '', undefined), roles: fc.constant(['ops']) }),
    )
    const attributes = fc.constantFrom('ops', '', ' ', 'ops,1,true', 'null')
    await fc.assert(
      fc.asyncProperty(wrong, attributes, fc.boolean(), async (requires, roles, isOfService) => {
        await closePairs()
        const definition = defineService({ name: 'Shared', methods: { unary: unary(Item, Item) } })
        const method: MethodDefinition = definition.methods.unary
        const byHand = isOfService
          ? { ...definition, requires }
          : { ...definition, methods: { unary: { ...method, requires } } }
        const pair = pairOf([{ definition: byHand, open: () => ({ unary: handler }) }], roles)
        expect((await pair.call('unary', 'shared')).status?.code).toBe(StatusCode.PERMISSION_DENIED)
        expect(reached).toEqual([])
      }),
      { numRuns: 200 },
    )
  })
})
