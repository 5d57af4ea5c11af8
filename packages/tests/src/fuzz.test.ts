import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { targets } from '../fuzz/targets/index.ts'

/** Returns the inputs of a file: one a line, in base64, with a comment. */
function inputsOf(folder: string, name: string): (readonly [string, Uint8Array])[] {
  const file = new URL(`../fuzz/${folder}/${name}.txt`, import.meta.url)
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [text = '', comment = ''] = line.split(' # ')
      return [comment, new Uint8Array(Buffer.from(text, 'base64'))]
    })
}

describe.each(targets)('$name', (target) => {
  const { name } = target
  it('takes each golden input, and each input of its corpus', async () => {
    const inputs = [...target.seeds(), ...inputsOf('corpus', name).map(([, input]) => input)]
    expect(inputs).not.toHaveLength(0)
    for (const input of inputs) await target.run(input)
  })

  const regressions = inputsOf('regressions', name)
  it.runIf(regressions.length > 0).each(regressions)(
    'takes an input on which it once failed: %s',
    async (_comment, input) => {
      await target.run(input)
    },
  )
})
