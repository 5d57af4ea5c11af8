import { readFileSync } from 'node:fs'
import { conversations } from '../../src/traces/trace.ts'
import { bytesOf } from '../engine/target.ts'

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** Reads a file of golden vectors of another package, such as `identity/fixtures/tickets.json`. */
export function readVectors(path: string): Json {
  return JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')) as Json
}

/** Reads a file of another package as bytes. */
export function readPackageFile(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../../../${path}`, import.meta.url)))
}

/** Returns the strings under these keys, at any depth of the vectors. */
export function textsUnder(vectors: Json, ...keys: readonly string[]): string[] {
  const found = new Set<string>()
  const visit = (value: Json): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, member] of Object.entries(value as Record<string, Json>)) {
      if (typeof member === 'string' && keys.includes(key)) found.add(member)
      else visit(member)
    }
  }
  visit(vectors)
  return [...found]
}

export const seedsOf = (texts: readonly string[]): Uint8Array[] => texts.map(bytesOf)

export const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

export interface RecordedFrame {
  readonly flags: number
  readonly payload: Uint8Array
}

/** Returns the frames that one side of each recorded conversation sent, without those whose bytes are only described. */
export function recordedFrames(dir: 'c>s' | 's>c'): readonly (readonly RecordedFrame[])[] {
  return conversations().flatMap(({ all }) =>
    all.flatMap(({ streams }) =>
      streams.map((steps) =>
        steps.flatMap((step) =>
          step.dir === dir && step.hex !== undefined ? [{ flags: step.flags ?? 0, payload: fromHex(step.hex) }] : [],
        ),
      ),
    ),
  )
}

export function concat(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}
