import { bidiStream, defineService, serverStream, t, unary } from '@aster/client'

export const Num = t.struct('relay/Num', { n: t.int })
export const Text = t.struct('relay/Text', { text: t.string })

export const Numbers = defineService({
  name: 'Numbers',
  version: 1,
  methods: {
    /** Returns the number, and counts how often each number is received. */
    note: unary(Num, Num),
    /** Yields `n` numbers from 0, one every 20 ms. */
    count: serverStream(Num, Num),
    echo: bidiStream(Num, Num),
    text: unary(Text, Text),
  },
})

export const Counter = defineService({
  name: 'Counter',
  version: 1,
  scope: 'session',
  methods: { add: unary(Num, Num) },
})
