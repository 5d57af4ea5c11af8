import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { Workplace } from '../test/cli.ts'
import { createProgram } from './program.ts'

const io = { stdout: { write: () => {} }, stderr: { write: () => {} }, env: {}, cwd: '/', now: Date.now, json: false }

function pathsOf(command: Command, path: readonly string[] = []): readonly (readonly string[])[] {
  if (command.commands.length === 0) return [path]
  return [path, ...command.commands.flatMap((sub) => pathsOf(sub, [...path, sub.name()]))]
}

const paths = pathsOf(createProgram(io))

describe.each(paths.map((path) => [['aster', ...path].join(' '), path] as const))('the help of %s', (_name, path) => {
  it('fits 80 columns, and has an example for each command', async () => {
    using place = new Workplace()
    const { code, out } = await place.run([...path, '--help'])
    expect(code).toBe(0)
    expect(out.split('\n').filter((line) => Array.from(line).length > 80)).toEqual([])
    const isGroup = paths.some((other) => other.length > path.length && path.every((word, i) => word === other[i]))
    if (!isGroup) expect(out).toMatch(/\nExamples?:\n {2}\S/)
  })
})

it('names every command of the README', async () => {
  using place = new Workplace()
  const { out } = await place.run(['--help'])
  for (const name of [
    'services',
    'describe',
    'call',
    'ping',
    'bench',
    'ticket',
    'completion',
    'gen',
    'doctor',
    'shell',
  ])
    expect(out).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'))
})
