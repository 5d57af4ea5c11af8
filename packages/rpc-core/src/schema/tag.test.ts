import { expect, it } from 'vitest'
import { AsterError } from '../aster-error.ts'
import { splitTag } from './tag.ts'

it('splits a tag at its last slash', () => {
  expect(splitTag('struct', 'interop/Point')).toEqual({ namespace: 'interop', name: 'Point' })
  expect(splitTag('struct', 'a/b/Point')).toEqual({ namespace: 'a/b', name: 'Point' })
  expect(splitTag('struct', 'Point')).toEqual({ namespace: '', name: 'Point' })
  expect(splitTag('struct', '/Point')).toEqual({ namespace: '', name: 'Point' })
})

it('refuses a tag without a name', () => {
  expect(() => splitTag('enum', '')).toThrow(AsterError)
  expect(() => splitTag('enum', 'ns/')).toThrow("enum 'ns/': expected a tag like 'namespace/Name' or 'Name'")
})
