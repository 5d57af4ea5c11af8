import fc from 'fast-check'
import { parse } from 'smol-toml'
import { expect, it } from 'vitest'
import { tomlLines } from './toml-lines.ts'

const lineOf = (text: string, section: string, key?: string): number | undefined => {
  parse(text)
  return tomlLines(text)(section, key)
}

it('finds headers and keys', () => {
  const text =
    '# one\n[trust]\n\nroot_pubkey = "x"\r\n  allow_all_consumers=true # [network]\n[ network ]\nrelay_mode = "x"'
  expect(lineOf(text, 'trust')).toBe(2)
  expect(lineOf(text, 'trust', 'root_pubkey')).toBe(4)
  expect(lineOf(text, 'trust', 'allow_all_consumers')).toBe(5)
  expect(lineOf(text, 'network', 'relay_mode')).toBe(7)
})

it('finds dotted and quoted keys', () => {
  const text = '\nnetwork.relay_mode = "x"\n"trust" . \'root_pubkey\' = "x"\n["log.ging"."a b"]\n'
  expect(lineOf(text, 'network')).toBe(2)
  expect(lineOf(text, 'network', 'relay_mode')).toBe(2)
  expect(lineOf(text, 'trust', 'root_pubkey')).toBe(3)
  expect(lineOf(text, 'log.ging', 'a b')).toBe(4)
})

it('returns the line of the table for a key that it does not see', () => {
  const text = 'a = 1\nnetwork = { relay_mode = "x", b = [1, 2] }\n[trust]\n"root\\u005fpubkey" = 1\n'
  expect(lineOf(text, 'network', 'relay_mode')).toBe(2)
  expect(lineOf(text, 'trust', 'root_pubkey')).toBe(3)
  expect(lineOf(text, 'logging', 'level')).toBeUndefined()
})

it('is not led astray by what stands in strings, lists and comments', () => {
  const text = [
    'a = """',
    '[trust]',
    'k = 1 \\"""',
    '""""',
    "b = '''",
    '[trust] \\',
    "'''",
    'c = [ # [trust] "',
    '  "]", [ \'[trust]\' ],',
    '  "\\"",',
    ']',
    'd = "\\\\" # "',
    "e = '\\'",
    '[[list]]',
    'k = 1',
    '[trust]',
    'k = 1',
  ].join('\n')
  expect(lineOf(text, 'trust')).toBe(16)
  expect(lineOf(text, 'trust', 'k')).toBe(17)
  expect(lineOf(text, 'list', 'k')).toBe(15)
  for (const [key, line] of Object.entries({ a: 1, b: 5, c: 8, d: 12, e: 13 })) expect(lineOf(text, key)).toBe(line)
})

const key = fc.stringMatching(/^[a-z_-]{1,6}$/)
const value = fc.constantFrom(
  'true',
  '1',
  '"x"',
  "'x'",
  '"[a]\\" = # "',
  "'\\'",
  '[1, 2]',
  '[\n  1, # ]\n  "]",\n]',
  '"""\n[s]\nk = 1\n"""',
  "'''\n[s]\n'''",
  '{ k = 1 }',
  '1979-05-27',
)
const entry = fc.record({ key, value, noise: fc.constantFrom('', '\n', '# k = "\n', '\r\n', '  ') })
const section = fc.record({ name: key, entries: fc.uniqueArray(entry, { selector: (one) => one.key, maxLength: 4 }) })

it('finds every key of any document', () => {
  const sections = fc.uniqueArray(section, { selector: (one) => one.name, maxLength: 4 })
  fc.assert(
    fc.property(sections, (sections) => {
      let text = ''
      const here = (): number => text.split('\n').length
      const expected: [string, string, number][] = []
      for (const { name, entries } of sections) {
        text += `[${name}]\n`
        for (const { key, value, noise } of entries) {
          text += noise
          expected.push([name, key, here()])
          text += `${key} = ${value}\n`
        }
      }
      parse(text)
      const lineOf = tomlLines(text)
      for (const [name, key, line] of expected) expect(lineOf(name, key)).toBe(line)
    }),
  )
})

it('ends on any text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '.', '=', '"', "'", '[', ']', '{', '}', '#', '\\', '\n', '\r', ' ') }),
      (text) => void tomlLines(text)('a', 'a'),
    ),
  )
})
