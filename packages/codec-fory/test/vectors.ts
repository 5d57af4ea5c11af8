import { readFileSync } from 'node:fs'
import type { Declaration } from './oracle-schema.ts'
import type { Json } from './oracle-value.ts'

/** A row of `fixtures/fory-0.16-vectors.json`. */
export interface Vector {
  readonly name: string
  readonly types: readonly Declaration[]
  readonly root: string
  readonly value?: Json
  readonly hex: string
  readonly check: readonly ('encode' | 'decode' | 'invalid' | 'prefixes')[]
}

export const vectors = JSON.parse(
  readFileSync(new URL('../fixtures/fory-0.16-vectors.json', import.meta.url), 'utf8'),
) as Vector[]
