import { bidiStream, defineService, serverStream, t, unary } from '@aster/client'

export const Num = t.struct('relay/Num', { n: t.int })
export const Text = t.struct('relay/Text', { text: t.string })

export const Numbers = defineService({
  name: 'Numbers',
  version: 1,
  methods: {
    /** Answers with the number, and counts how often each was received. */
    note: unary(Num, Num),
    /** 0, 1, 2, … each 20 ms, `n` of them. */
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
