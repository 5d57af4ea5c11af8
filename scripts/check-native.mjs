// Compares the version of @aster/iroh-native with its copies: the crate and its lock file, the packages of the platforms,
// the constant that the loader compares with the binary's. Also compares the crates with docs/dependencies.md and crates.io.
// `node scripts/check-native.mjs --write` renews all of them; run it after `changeset version`.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { NATIVE, nativeFiles, PLATFORMS } from './lib/native-platforms.mjs'
import { report } from './lib/report.mjs'
import { readTree, root } from './lib/tree.mjs'

const WORKFLOW = '.github/workflows/release-native.yml'
const LIST = 'docs/dependencies.md'
const CRATES_IO = 'registry+https://github.com/rust-lang/crates.io-index'
/** The version of the crate in its manifest, and of it in its lock file. */
const CRATE_VERSION = [
  [`${NATIVE}/crate/Cargo.toml`, /(^\[package\]\nname = "aster-iroh-native"\nversion = ")([^"]*)(?=")/m],
  [`${NATIVE}/crate/Cargo.lock`, /(^\[\[package\]\]\nname = "aster-iroh-native"\nversion = ")([^"]*)(?=")/m],
]

/**
 * @param {Map<string, string>} files path → text
 * @returns {{ problems: string[], renewed: Map<string, string>, seen: string }} `renewed`: the files as they should be
 */
export function checkNative(files) {
  const manifest = JSON.parse(files.get(`${NATIVE}/package.json`))
  const problems = []
  const renewed = new Map()
  const expected = nativeFiles(manifest)
  for (const [path, text] of expected) {
    if (files.get(path) === text) continue
    problems.push(
      `${path} is not what follows from the version ${manifest.version}; run node scripts/check-native.mjs --write`,
    )
    renewed.set(path, text)
  }
  for (const path of files.keys())
    if (path.startsWith(`${NATIVE}/npm/`) && !expected.has(path)) problems.push(`${path} belongs to no platform`)

  for (const [path, pattern] of CRATE_VERSION) {
    const text = files.get(path) ?? ''
    const found = pattern.exec(text)?.[2]
    if (found === manifest.version) continue
    problems.push(
      `${path} has the version ${found}, not ${manifest.version}; run node scripts/check-native.mjs --write`,
    )
    if (found !== undefined)
      renewed.set(
        path,
        text.replace(pattern, (_, before) => before + manifest.version),
      )
  }
  problems.push(...crateProblems(files), ...workflowProblems(files.get(WORKFLOW) ?? ''))
  return { problems, renewed, seen: `version ${manifest.version}, ${Object.keys(PLATFORMS).length} platforms` }
}

/** Each crate comes from crates.io with a hash, and those that ours names are in the document with the reason. */
function crateProblems(files) {
  const problems = []
  for (const entry of (files.get(`${NATIVE}/crate/Cargo.lock`) ?? '').split('[[package]]\n').slice(1)) {
    const field = (name) => new RegExp(`^${name} = "([^"]*)"$`, 'm').exec(entry)?.[1]
    if (field('name') === 'aster-iroh-native') continue
    if (field('source') !== CRATES_IO || !/^[0-9a-f]{64}$/.test(field('checksum') ?? ''))
      problems.push(`${NATIVE}/crate/Cargo.lock: ${field('name')} is not from crates.io, or has no hash`)
  }
  const sections = (files.get(`${NATIVE}/crate/Cargo.toml`) ?? '').split(/^(?=\[)/m)
  const named = sections
    .filter((text) => /^\[(?:build-|dev-)?dependencies\]/.test(text))
    .flatMap((text) => [...text.matchAll(/^([\w-]+) *=/gm)].map(([, name]) => name))
  const [, table = ''] = (files.get(LIST) ?? '').split('## Crates of the addon\n')
  const listed = [...table.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name)
  for (const name of named) if (!listed.includes(name)) problems.push(`${LIST} does not list the crate ${name}`)
  for (const name of listed)
    if (!named.includes(name)) problems.push(`${LIST} lists ${name}, which the crate does not name`)
  return problems
}

/** The release builds each platform, and takes actions by their commit. */
function workflowProblems(text) {
  const problems = []
  for (const [platform, { target }] of Object.entries(PLATFORMS)) {
    if (!new RegExp(`platform: ${platform}\\n\\s+target: ${target}\\n`).test(text))
      problems.push(`${WORKFLOW} does not build ${platform} for ${target}`)
  }
  for (const [, action] of text.matchAll(/uses: (\S+)/g))
    if (!/@[0-9a-f]{40}$/.test(action)) problems.push(`${WORKFLOW} takes ${action} by a name that can be moved`)
  return problems
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { problems, renewed, seen } = checkNative(readTree())
  const writes = argv.includes('--write')
  if (writes) {
    for (const [path, text] of renewed) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    console.log(`native: renewed ${[...renewed.keys()].join(', ') || 'nothing'}`)
  }
  report('native', { problems: writes ? checkNative(readTree()).problems : problems, seen })
}
