import { describe, expect, it } from 'vitest'
import { nearest } from './nearest.ts'

describe('nearest', () => {
  it.each([
    ['expire_at', 'expires_at'],
    ['Attributes', 'attributes'],
    ['endpoint-id', 'endpoint_id'],
    ['rol', 'role'],
    ['colour', undefined],
    ['x'.repeat(1_000_000), undefined],
    ['', undefined],
  ])('takes %.20s for %s', (name, meant) => {
    expect(nearest(name, ['role', 'expires_at', 'endpoint_id', 'attributes'])).toBe(meant)
  })
})
