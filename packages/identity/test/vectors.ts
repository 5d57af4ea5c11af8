import { readFileSync } from 'node:fs'

/** An endpoint id that occurs in the vectors. */
export const anId = 'dca95063e05a22c80074a3313287d3399936f2c4541d085e743ac95846fe7734'

/** Returns the text of a file of `fixtures/`. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')
}

/** Returns the content of a file of vectors, whose type the caller names. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as said
export function vectors<T>(name: string): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as said
  return JSON.parse(fixture(`${name}.json`)) as T
}
