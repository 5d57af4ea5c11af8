import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { snakeCase } from './naming.ts'

describe('snakeCase', () => {
  it.each([
    ['maybeText', 'maybe_text'],
    ['URLPath2', 'url_path2'],
    ['HTTPServer', 'http_server'],
    ['userID', 'user_id'],
    ['aB', 'a_b'],
    ['x1Y2', 'x1_y2'],
    ['sha256Hash', 'sha256_hash'],
    ['already_snake', 'already_snake'],
    ['_private', '_private'],
    ['Name', 'name'],
    ['größeÄnderung', 'größe_änderung'],
    ['', ''],
  ])('converts %s to %s', (name, wireName) => {
    expect(snakeCase(name)).toBe(wireName)
  })

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z_$][\w$]{0,20}$/), (name) => {
        expect(snakeCase(snakeCase(name))).toBe(snakeCase(name))
      }),
    )
  })
})
