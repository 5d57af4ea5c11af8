import type { ServiceSummary } from '@aster/client'
import { bidiStream, defineService, t, unary } from '@aster/rpc-core'
import { describeServices } from '@aster/description'
import { describe, expect, it } from 'vitest'
import { complete, type Known } from './complete.ts'
import { isComplete, locate, splitValues } from './partial-json.ts'

const Color = t.enum('test/Color', { RED: 'red', GREEN: 'green' })
const Inner = t.struct('test/Inner', { color: Color, flag: t.bool, maybeFlag: t.optional(t.bool) })
const Outer = t.struct('test/Outer', { inner: Inner, list: t.list(Inner), byName: t.record(Inner), text: t.string })
const Greeter = defineService({
  name: 'my.Greeter',
  methods: { sayHello: unary(Outer, Outer), chat: bidiStream(Inner, Inner) },
})
const Unknown = { name: 'Unknown', version: 1 }

const summary = ({ name, version }: { name: string; version: number }) =>
  ({ name, version, pattern: 'shared' }) as ServiceSummary
const known: Known = {
  services: [summary(Greeter), summary(Unknown)],
  description: describeServices([Greeter]),
  current: undefined,
}
const hits = (line: string, more: Partial<Known> = {}): readonly string[] => complete(line, { ...known, ...more })[0]

describe('completion', () => {
  it.each([
    [
      '',
      [
        'my.Greeter.say_hello ',
        'my.Greeter.chat ',
        'Unknown. ',
        'services ',
        'describe ',
        'use ',
        'set ',
        'help ',
        'exit ',
      ],
    ],
    ['my', ['my.Greeter.say_hello ', 'my.Greeter.chat ']],
    ['des', ['describe ']],
    ['use ', ['my.Greeter', 'Unknown']],
    ['describe my.Greeter.s', ['my.Greeter.say_hello']],
    ['set t', ['timeout ']],
    ['my.Greeter.say_hello ', ['{']],
    ['my.Greeter.say_hello {', ['"inner": ', '"list": ', '"by_name": ', '"text": ']],
    ['my.Greeter.say_hello {"i', ['"inner": ']],
    ['my.Greeter.say_hello {"text": "", ', ['"inner": ', '"list": ', '"by_name": ']],
    ['my.Greeter.say_hello {"inner": ', ['{']],
    ['my.Greeter.say_hello {"inner": {"c', ['"color": ']],
    ['my.Greeter.say_hello {"inner": {"color": ', ['"red"', '"green"']],
    ['my.Greeter.say_hello {"inner": {"color": "g', ['"green"']],
    ['my.Greeter.say_hello {"inner": {"flag": t', ['true']],
    ['my.Greeter.say_hello {"inner": {"maybe_flag": ', ['true', 'false', 'null']],
    ['my.Greeter.say_hello {"list": [{}, {"col', ['"color": ']],
    ['my.Greeter.say_hello {"by_name": {"x": {"fl', ['"flag": ']],
    ['my.Greeter.say_hello {"by_name": {', []],
    ['my.Greeter.say_hello {"nothing": {', []],
    ['nothing {', []],
  ])('of %j is %j', (line, expected) => {
    expect(hits(line)).toEqual(expected)
  })

  it('has the methods of the service in use, and the fields of a conversation', () => {
    const [service] = known.services
    expect(hits('sa', { current: service })).toEqual(['say_hello '])
    expect(hits('say_hello {"te', { current: service })).toEqual(['"text": '])
    const conversation = known.description?.services[0]?.methods[1]
    expect(hits('{"color": "r', { ...(conversation && { conversation }) })).toEqual(['"red"'])
  })

  it('offers no name that would write to the terminal', () => {
    expect(hits('use ', { services: [summary({ name: 'a\u001b[2J', version: 1 })] })).toEqual([])
  })
})

describe('JSON that is typed', () => {
  it.each([
    ['', true],
    ['{', false],
    ['{"a": "}"', false],
    ['{"a": [1, {"b": "x', false],
    ['{"a": "\\"}"}', true],
    ['[1] {"a": 2}', true],
  ])('%j is complete: %j', (text, expected) => {
    expect(isComplete(text)).toBe(expected)
  })

  it('is cut into its values, and its end is found', () => {
    expect(splitValues(' {"a": "} {"} [1,2]\n"x" 5 ')).toEqual(['{"a": "} {"}', '[1,2]', '"x"', '5'])
    expect(locate('{"a": [1, {"b": tr').path).toEqual(['a', 1, 'b'])
    expect(locate('{"a": 1, "b').keys).toEqual(['a'])
  })
})
