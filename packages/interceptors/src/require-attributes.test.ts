import { StatusCode } from '@aster/rpc-core'
import { expect, it } from 'vitest'
import { fakeCall, nextOf } from '../test/fake-call.ts'
import { type AttributeRule, requireAttributes } from './require-attributes.ts'

const run = (rule: AttributeRule, attributes: Record<string, string>): Promise<unknown> =>
  requireAttributes(rule)(fakeCall('one', { side: 'server', peer: { id: 'p', attributes } }), nextOf('response'))

it.each<[string, AttributeRule, Record<string, string>]>([
  ['the value', { 'aster.role': 'ops' }, { 'aster.role': 'ops' }],
  ['one of several', { 'aster.role': ['admin', 'ops'] }, { 'aster.role': 'ops', other: 'x' }],
  ['all attributes', { 'aster.role': 'ops', team: ['a', 'b'] }, { 'aster.role': 'ops', team: 'b' }],
  ['a function', ({ attributes }) => attributes['level'] === '9', { level: '9' }],
  ['a function that takes time', async (peer, call) => peer.id === 'p' && call.method.wireName === 'one', {}],
])('lets a peer through with %s', async (_what, rule, attributes) => {
  await expect(run(rule, attributes)).resolves.toBe('response')
})

it.each<[string, AttributeRule, Record<string, string>]>([
  ['another value', { 'aster.role': 'ops' }, { 'aster.role': 'dev' }],
  ['another case', { 'aster.role': 'ops' }, { 'aster.role': 'OPS' }],
  ['a list that has the value', { 'aster.role': 'ops' }, { 'aster.role': 'ops,dev' }],
  ['a list of the values', { 'aster.role': ['ops', 'dev'] }, { 'aster.role': 'ops,dev' }],
  ['the value and white space', { 'aster.role': 'ops' }, { 'aster.role': 'ops ' }],
  ['none of several', { 'aster.role': ['admin', 'ops'] }, { 'aster.role': 'adminops' }],
  ['nothing to choose from', { 'aster.role': [] }, { 'aster.role': 'ops' }],
  ['one of two', { 'aster.role': 'ops', team: 'a' }, { 'aster.role': 'ops' }],
  ['an attribute that every object has', { constructor: 'x' }, { a: 'b' }],
  ['a function that says no', () => false, { a: 'b' }],
])('refuses a peer with %s', async (_what, rule, attributes) => {
  await expect(run(rule, attributes)).rejects.toMatchObject({ code: StatusCode.PERMISSION_DENIED })
})

it('refuses a peer without a credential with UNAUTHENTICATED', async () => {
  await expect(run({ 'aster.role': 'ops' }, {})).rejects.toMatchObject({ code: StatusCode.UNAUTHENTICATED })
})

it('names the attributes that are missing, but not the values that would be accepted', async () => {
  const refused = await run({ 'aster.role': 'sesame' }, { 'aster.role': 'dev' }).catch(String)
  expect(refused).toContain('aster.role')
  expect(refused).not.toContain('sesame')
})

it('fails with the error of the function', async () => {
  const error = new Error('the directory is down')
  await expect(run(() => Promise.reject(error), { a: 'b' })).rejects.toBe(error)
})

it('is refused on clients, and without an attribute', async () => {
  await expect(requireAttributes({ a: 'b' })(fakeCall('one'), nextOf('x'))).rejects.toMatchObject({
    code: StatusCode.FAILED_PRECONDITION,
  })
  expect(() => requireAttributes({})).toThrow('requireAttributes: expected at least one attribute')
})
