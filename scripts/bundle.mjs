// Run in a package's folder behind `tsc -b`, which writes the declarations: makes one file of JavaScript for each entry of
// `exports`, and for `src/main.ts` if there is a command; files beside them hold the code that they share. A module for each
// source file would double the time that an import takes.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const { bin, exports } = JSON.parse(readFileSync('package.json', 'utf8'))
const entryPoints = Object.values(exports).map((entry) => entry['@aster/source'])
if (bin !== undefined) entryPoints.push('./src/main.ts')

// Files of an earlier build may have names that this build does not overwrite.
for (const file of readdirSync('dist', { recursive: true })) if (/\.js(\.map)?$/.test(file)) rmSync(join('dist', file))

await build({
  entryPoints,
  outdir: 'dist',
  outbase: 'src',
  bundle: true,
  splitting: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
})

// esbuild writes `var X = class _X` for a class that names itself, and users see the name in stack traces and in
// `constructor.name`. The blank keeps the columns of the source map.
for (const file of readdirSync('dist', { recursive: true })) {
  if (!file.endsWith('.js')) continue
  const path = join('dist', file)
  const text = readFileSync(path, 'utf8')
  const renamed = [...text.matchAll(/^var (\w+) = class _\1\b/gm)].map(([, name]) => name)
  if (renamed.length === 0) continue
  const pattern = new RegExp(`(?<![\\w$.#])_(${renamed.join('|')})\\b`, 'g')
  writeFileSync(
    path,
    text.replace(pattern, (_, name) => `${name} `),
  )
}
