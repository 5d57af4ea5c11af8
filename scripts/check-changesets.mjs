// Every changeset names public packages of this workspace and a kind of release, and says something to readers.
// (`changeset status` needs the history of the main branch, which a CI checkout does not have.)
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { report } from './lib/report.mjs'
import { packagesOf, readTree } from './lib/tree.mjs'

const RELEASES = ['major', 'minor', 'patch']

/** @param {Map<string, string>} files path → text */
export function checkChangesets(files) {
  const publicNames = packagesOf(files)
    .filter(({ manifest }) => !manifest.private)
    .map(({ manifest }) => manifest.name)
  const problems = []
  let seen = 0
  for (const [path, text] of files) {
    if (!/^\.changeset\/[^/]+\.md$/.test(path) || path.endsWith('/README.md')) continue
    seen++
    const match = /^---\n(?<head>[^]*?)---\n(?<summary>[^]*)$/.exec(text)
    if (!match) {
      problems.push(`${path} does not begin with a list of packages between two lines of ---`)
      continue
    }
    if (match.groups.summary.trim() === '') problems.push(`${path} says nothing about the change`)
    for (const line of match.groups.head.split('\n').filter(Boolean)) {
      const [, name, release] = /^['"]?([^'":]+)['"]?: (\w+)$/.exec(line) ?? []
      if (!RELEASES.includes(release)) problems.push(`${path}: ${line}: expected 'package': ${RELEASES.join(' | ')}`)
      else if (!publicNames.includes(name)) problems.push(`${path}: ${name} is no public package here`)
    }
  }
  return { problems, seen: `${seen} changesets` }
}

if (argv[1] === fileURLToPath(import.meta.url)) report('changesets', checkChangesets(readTree()))
