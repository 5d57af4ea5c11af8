import { bidiStream, clientStream, defineService, serverStream, t, unary } from '@aster/client'

const Text = t.struct('tests/Text', { text: t.string })
const Num = t.struct('tests/Num', { n: t.int })
const Any = t.struct('tests/Any', { value: t.any })
const Lists = t.struct('tests/Lists', { items: t.list(t.list(t.int)) })

export const Work = defineService({
  name: 'Work',
  version: 1,
  methods: {
    echo: unary(Text, Text),
    /** Returns `n` characters that compression cannot shrink. */
    big: unary(Num, Text),
    /** Answers after `n` milliseconds. */
    slow: unary(Num, Num),
    any: unary(Any, Num),
    lists: unary(Lists, Num),
    /** Fails with the text. */
    fail: unary(Text, Text),
    /** Counts how often a number is received. */
    note: unary(Num, Num),
    /** Yields `n` numbers from 0, with the pause of the producer between them. */
    ticks: serverStream(Num, Num),
    sum: clientStream(Num, Num),
    /** Returns as many characters as the sum of the requests. */
    gather: clientStream(Num, Text),
    chat: bidiStream(Num, Num),
  },
})

export const Counter = defineService({
  name: 'Counter',
  version: 1,
  scope: 'session',
  methods: { add: unary(Num, Num), big: unary(Num, Text), slow: unary(Num, Num), chat: bidiStream(Num, Num) },
})
