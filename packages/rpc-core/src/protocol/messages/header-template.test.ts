import { describe, expect, it } from 'vitest'
import { HeaderTemplate } from './header-template.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const template = HeaderTemplate.of(bytes('call <id-1> of x'), 'id-1') as HeaderTemplate

describe('HeaderTemplate', () => {
  it('writes and reads headers that differ only in their ids', () => {
    expect(template.withId('ab-2')).toEqual(bytes('call <ab-2> of x'))
    expect(template.matches(bytes('call <ab-2> of x'))).toBe(true)
    expect(template.idIn(bytes('call <ab-2> of x'))).toBe('ab-2')
  })

  it.each(['call <ab-2> of y', 'cull <ab-2> of x', 'call <ab-22> of x', 'call <AB-2> of x', 'call <a"-2> of x', ''])(
    'does not match %j',
    (header) => expect(template.matches(bytes(header))).toBe(false),
  )

  it.each(['ab-22', 'ab2', 'AB-2', 'a\\b2', 'aé-2', ''])('has no header for the id %j', (id) => {
    expect(template.withId(id)).toBeUndefined()
  })

  it.each([
    ['none', 'id'],
    ['id and id', 'id'],
    ['aab', 'A'],
    ['a""b', ''],
    ['A-1', 'A-1'],
  ])('cannot be made from %j with the id %j', (header, id) => {
    expect(HeaderTemplate.of(bytes(header), id)).toBeUndefined()
  })

  it('copies the bytes of the header, and shares none', () => {
    const header = bytes('<id-1>')
    const own = HeaderTemplate.of(header, 'id-1')
    header.fill(0)
    own?.withId('ab-2')?.fill(0)
    expect(own?.withId('ab-2')).toEqual(bytes('<ab-2>'))
  })
})
