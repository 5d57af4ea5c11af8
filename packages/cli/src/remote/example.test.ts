import { defineService, t, unary } from '@aster/client'
import { describeServices } from '@aster/description'
import { expect, it } from 'vitest'
import { exampleOf } from './example.ts'

it('has the default of a field, or else a value of its type', () => {
  const Mood = t.enum('test/Mood', { CALM: 'calm', LOUD: 'loud' })
  const Request = t.struct('test/Request', {
    name: t.string,
    times: t.withDefault(t.int, 1),
    greeting: t.withDefault(t.string, 'Hello'),
    mood: Mood,
    parts: t.withDefault(t.list(t.int), [1, 2]),
  })
  const description = describeServices([defineService({ name: 'Test', methods: { call: unary(Request, Request) } })])
  const type = description.services[0]?.methods[0]?.request
  expect(type && exampleOf(type, description)).toEqual({
    name: '',
    times: 1,
    greeting: 'Hello',
    mood: 'calm',
    parts: [0],
  })
})
