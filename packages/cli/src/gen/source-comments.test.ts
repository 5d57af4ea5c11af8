import { describeServices } from '@aster/description'
import { defineService, t, unary } from '@aster/rpc-core'
import { expect, it } from 'vitest'
import { addComments } from './source-comments.ts'
import { writeTypeScript } from './typescript.ts'

const Mood = t.enum('x/Mood', { GOOD: 'good', BAD: 'bad' })
const Request = t.struct('x/Request', { userName: t.string, times: t.withDefault(t.int, 1), 'a-b': t.int, mood: Mood })
const Hello = defineService({
  name: 'x.Hello',
  methods: { say: unary(Request, Request), told: unary(Request, Request, { doc: 'By itself.' }) },
})
const names = new Map<unknown, string>(Object.entries({ Mood, Request, Hello }).map(([name, one]) => [one, name]))
const bare = describeServices([Hello], { nameOf: (one) => names.get(one) })

const SOURCE = `// Made by hand.

import { t } from '@aster/client'
// eslint-disable-next-line
const Mood = t.enum('x/Mood', {
  /** Fine. */
  GOOD: 'good', // not this one
  BAD: 'bad', // Not so fine.
})

/**
 * The person: "you", '/* or' \`others\`.
 *
 * Twice, maybe.
 * @see elsewhere
 */
export const Request = t.struct("x/Request", {
  // The name,
  // as it is written.
  userName: t.string,

  // A section:

  times: t.withDefault(t.int, 1), // 1 to 10.
  // TODO: rename
  'a-b': t.int,
  /* inside */ mood: Mood,
})
/** Greets. */
export const Hello = defineService({
  name: 'x.Hello',
  methods: {
    /** Says it. */
    say: unary(Request, Request),
    /** Not this. */
    told: unary(Request, Request, { doc: 'By itself.' }),
  },
})
`

it('reads what stands above and behind definitions, fields, members and methods', () => {
  const { types, services } = addComments(bare, SOURCE)
  expect(types).toMatchObject([
    { name: 'Mood', members: [{ doc: 'Fine.' }, { doc: 'Not so fine.' }] },
    {
      name: 'Request',
      doc: 'The person: "you", \'/* or\' `others`.\n\nTwice, maybe.',
      fields: [{ doc: 'The name,\nas it is written.' }, { doc: '1 to 10.' }, { name: 'a-b' }, { doc: 'inside' }],
    },
  ])
  expect(types[0]).not.toHaveProperty('doc')
  expect(types[1]).not.toHaveProperty('fields.2.doc')
  expect(services).toMatchObject([{ doc: 'Greets.', methods: [{ doc: 'Says it.' }, { doc: 'By itself.' }] }])
})

it('reads the comments that gen writes', () => {
  const documented = addComments(bare, SOURCE)
  const again = addComments(bare, writeTypeScript(documented, { importFrom: '@aster/client', heading: 'Made.' }))
  expect(again).toEqual(documented)
})

it('leaves what it does not know', () => {
  for (const source of ['', '}', "t.struct('x/Request'", '/* unended', "'", 't.struct("x/Request", {', '`${'])
    expect(addComments(bare, source)).toEqual(bare)
})
