// Compares documents with the code: every marked code block equals its file, and LIMITS.md lists every limit with its
// value. `node scripts/check-readme.mjs --write` renews the blocks.
//
// A marked block is a comment with a file, or a region of one, right above a fence:
//
//     <!-- code: apps/hello/src/consumer.ts -->        the whole file
//     <!-- code: apps/hello/src/consumer.ts#calls -->  the lines between `// #region calls` and `// #endregion`
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { report } from './lib/report.mjs'
import { readTree, root } from './lib/tree.mjs'

/** The files that the README has to show first. */
const QUICK_START = ['my-services.ts', 'producer.ts', 'consumer.ts'].map((name) => `apps/hello/src/${name}`)
const LIMITS_SOURCE = 'packages/rpc-core/src/limits.ts'
const BLOCK = /^<!-- code: (?<path>[^\s#]+)(?:#(?<region>[\w-]+))? -->\n+(?<open>```\w*)\n(?<code>[^]*?)^```$/gm
const MARKER = /^<!-- code: /gm

/**
 * @param {Map<string, string>} files path → text
 * @returns {{ problems: string[], renewed: Map<string, string>, seen: string }} `renewed`: the documents as they should be
 */
export function checkBlocks(files) {
  const problems = []
  const renewed = new Map()
  let blocks = 0
  for (const [path, text] of files) {
    if (!path.endsWith('.md') || !text.includes('<!-- code: ')) continue
    let found = 0
    const fresh = text.replace(BLOCK, (block, ...rest) => {
      const groups = rest.at(-1)
      const line = text.slice(0, rest.at(-3)).split('\n').length
      found++
      const wanted = excerpt(files, groups)
      if (wanted === undefined) {
        problems.push(
          `${path}:${line} shows ${groups.path}${groups.region ? `#${groups.region}` : ''}, which is not there`,
        )
        return block
      }
      if (wanted === groups.code) return block
      problems.push(`${path}:${line} differs from ${groups.path}; run node scripts/check-readme.mjs --write`)
      return block.replace(`${groups.open}\n${groups.code}`, () => `${groups.open}\n${wanted}`)
    })
    if (found !== [...text.matchAll(MARKER)].length) problems.push(`${path} has a code marker without a fence below it`)
    blocks += found
    if (fresh !== text) renewed.set(path, fresh)
  }
  return { problems, renewed, seen: `${blocks} code blocks` }
}

function excerpt(files, { path, region }) {
  const source = files.get(path)
  if (source === undefined || region === undefined) return source
  const lines = source.split('\n')
  const start = lines.findIndex((line) => line.trim() === `// #region ${region}`)
  const end = lines.findIndex((line, index) => index > start && line.trim() === '// #endregion')
  if (start < 0 || end < 0) return undefined
  const inner = lines.slice(start + 1, end)
  const indent = Math.min(...inner.filter(Boolean).map((line) => /^ */.exec(line)[0].length))
  return inner.map((line) => `${line.slice(indent)}\n`).join('')
}

/** The README begins with the quick start, and all of it comes from the files that the demo runs. */
export function checkQuickStart(files) {
  const text = files.get('README.md')
  if (text === undefined) return ['there is no README.md']
  const problems = []
  const shown = [...text.matchAll(BLOCK)].map((match) => match.groups.path)
  for (const path of QUICK_START) if (!shown.includes(path)) problems.push(`README.md does not show ${path}`)
  const first = /^```(?:ts|typescript)$/m.exec(text)
  const firstMarked = [...text.matchAll(BLOCK)][0]
  if (first && (!firstMarked || first.index < firstMarked.index)) {
    problems.push('README.md: the first TypeScript block has no code marker')
  }
  return problems
}

/** Every member of LIMITS has a row `| \`name\` | value | …` in LIMITS.md, and every row a member. */
export function checkLimits(files) {
  const source = files.get(LIMITS_SOURCE)
  const document = files.get('LIMITS.md')
  if (source === undefined || document === undefined) return [`LIMITS.md or ${LIMITS_SOURCE} is missing`]
  const problems = []
  const limits = new Map()
  const body = /LIMITS = \{([^]*?)\n\}/.exec(source)?.[1] ?? ''
  for (const [, name, value] of body.matchAll(/^ {2}(\w+): (.*),$/gm)) {
    if (/^\d[\d_]*$/.test(value)) limits.set(name, Number(value.replaceAll('_', '')))
    else problems.push(`${LIMITS_SOURCE}: ${name} is ${value}; write a plain number`)
  }
  const rows = new Map()
  for (const [, name, value] of document.matchAll(/^\| `(\w+)` \| ([\d,]+) \|/gm))
    rows.set(name, Number(value.replaceAll(',', '')))
  if (limits.size === 0) problems.push(`${LIMITS_SOURCE} has no limits that can be read`)
  for (const [name, value] of limits) {
    if (!rows.has(name)) problems.push(`LIMITS.md does not list ${name} (${value})`)
    else if (rows.get(name) !== value) problems.push(`LIMITS.md has ${name} as ${rows.get(name)}; it is ${value}`)
  }
  for (const name of rows.keys()) if (!limits.has(name)) problems.push(`LIMITS.md lists ${name}, which is no limit`)
  return problems
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  let files = readTree()
  if (argv.includes('--write')) {
    for (const [path, text] of checkBlocks(files).renewed) {
      writeFileSync(join(root, path), text)
      console.log(`readme: renewed ${path}`)
    }
    files = readTree()
  }
  const blocks = checkBlocks(files)
  report('readme', {
    problems: [...blocks.problems, ...checkQuickStart(files), ...checkLimits(files)],
    seen: blocks.seen,
  })
}
