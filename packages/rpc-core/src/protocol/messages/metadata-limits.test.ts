import { expect, it } from 'vitest'
import { metadataExcess } from './metadata-limits.ts'

const entries = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v']))

it.each<[string, Record<string, string>]>([
  ['nothing', {}],
  ['64 entries', entries(64)],
  ['a key of 256 characters', { ['k'.repeat(256)]: '' }],
  ['a value of 4,096 characters', { k: 'v'.repeat(4_096) }],
  ['8,192 bytes', { a: 'v'.repeat(4_095), b: 'v'.repeat(4_095) }],
])('accepts %s', (_, metadata) => expect(metadataExcess(metadata)).toBeUndefined())

it.each<[string, Record<string, string>, string]>([
  ['65 entries', entries(65), '65 entries, and at most 64 are allowed'],
  [
    'a long key',
    { ['k'.repeat(257)]: '' },
    `the key "${'k'.repeat(40)}" has 257 characters, and at most 256 are allowed`,
  ],
  ['a long value', { k: 'v'.repeat(4_097) }, 'the value of "k" has 4097 characters, and at most 4096 are allowed'],
  ['8,193 bytes', { a: 'v'.repeat(4_096), b: 'v'.repeat(4_095) }, '8193 bytes in all, and at most 8192 are allowed'],
  ['bytes, not characters', { k: '漢'.repeat(4_000) }, '12001 bytes in all, and at most 8192 are allowed'],
])('reports %s', (_, metadata, text) => expect(metadataExcess(metadata)).toBe(text))
