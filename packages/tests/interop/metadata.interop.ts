// Metadata to the handlers of Python, and the details of errors, which 0.1.2 drops.
import { type CallOptions, type Client, type Session, StatusCode } from '@aster/client'
import { collect } from '@aster/test-services'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Counter, Interop } from './services.ts'
import { codecFor, countsSince, failure, modes, withProducer } from './with-python.ts'

const python = withProducer()

const entries = (count: number, key: (i: number) => string, value: string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [key(i), value]))

describe.each(modes)('metadata to Python in %s', (mode) => {
  let interop: Client<typeof Interop>
  let session: Session<typeof Counter>
  beforeAll(async () => {
    interop = await python.client.client(Interop, { codec: codecFor(mode) })
    session = await python.client.session(Counter, { codec: codecFor(mode) })
  })
  afterAll(() => session.close())

  it.each([
    ['none', {}],
    ['strings of all kinds', { a: '1', b: 'ü ✓ 🎉', 'a key with spaces': '', ümlaut: '\u0000\n"' }],
    ['names that objects have', JSON.parse('{"__proto__": "p", "constructor": "c", "toString": "t"}')],
    ['64 entries', entries(64, (i) => `key-${i}`, 'value')],
    ['the longest key', { ['k'.repeat(256)]: 'v' }],
    ['the longest value', { k: 'v'.repeat(4_096) }],
    ['as many bytes as there may be', { ['k'.repeat(256)]: 'v'.repeat(4_096), l: 'w'.repeat(3_839) }],
    ['as many bytes as there may be, in two per character', { k: 'ü'.repeat(4_095), l: '' }],
  ] as [string, Record<string, string>][])('arrives: %s', async (_what, metadata) => {
    for (const calls of [interop, session]) {
      const { text, count } = await calls.context({}, { metadata })
      expect(count).toBe(Object.keys(metadata).length)
      expect((JSON.parse(text) as { metadata: object }).metadata).toEqual(metadata)
    }
  })

  it.each([
    ['65 entries', entries(65, (i) => `key-${i}`, 'value'), '65 entries'],
    ['an empty key', { '': 'v' }, '0 characters'],
    ['a key that is too long', { ['k'.repeat(257)]: 'v' }, '257 characters'],
    ['a value that is too long', { k: 'v'.repeat(4_097) }, '4097 characters'],
    ['too many bytes', { ['k'.repeat(256)]: 'v'.repeat(4_096), l: 'w'.repeat(3_840) }, '8193 bytes'],
    ['half a character', { k: '\ud800' }, 'lone surrogate'],
    ['a number', { k: 7 as never }, 'is a number'],
  ])('is refused before anything is sent: %s', async (_what, metadata, words) => {
    const refused = { code: StatusCode.INVALID_ARGUMENT, message: expect.stringContaining(words) }
    const options: CallOptions = { metadata }
    for (const [name, calls] of [
      ['Interop.sleep', [() => interop.sleep({}, options)]],
      ['Interop.tick', [() => collect(interop.tick({}, options))]],
      ['Interop.add_up', [() => interop.addUp([{}], options)]],
      ['Interop.chat', [() => interop.chat(options).recv(), () => interop.chat(options).send({})]],
      ['Counter.sleep', [() => session.sleep({}, options)]],
      ['Counter.tick', [() => collect(session.tick({}, options))]],
      ['Counter.add_all', [() => session.addAll([{}], options)]],
      ['Counter.chat', [() => session.chat(options).recv()]],
    ] as const) {
      const counts = await countsSince(interop, name)
      for (const call of calls) expect(await failure(call())).toMatchObject(refused)
      expect(await session.context({})).toMatchObject({ count: 0 })
      expect(await counts()).toEqual({})
    }
  })

  it('cannot come back: the details of errors are dropped', async () => {
    expect(await failure(interop.fail({ text: 'details:oops', count: StatusCode.ABORTED }))).toMatchObject({
      code: StatusCode.ABORTED,
      message: 'oops',
      details: {},
    })
    expect(await failure(session.add({ text: 'fail' }))).toMatchObject({
      code: StatusCode.INVALID_ARGUMENT,
      message: 'no',
      details: {},
    })
  })
})
