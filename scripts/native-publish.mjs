// `pnpm release`, first half: publishes the packages of the binaries, which have to exist before @aster/iroh-native depends
// on them. The binaries are in packages/iroh-native. `--dry-run` lists the packages and publishes none.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv, exit } from 'node:process'
import { stagePlatform } from './lib/native-install.mjs'
import { binaryOf, NATIVE, packageNameOf, PLATFORMS } from './lib/native-platforms.mjs'
import { root } from './lib/tree.mjs'

const dryRun = argv.includes('--dry-run') ? ['--dry-run'] : []
const { version } = JSON.parse(readFileSync(join(root, NATIVE, 'package.json'), 'utf8'))
const platforms = Object.keys(PLATFORMS)
const missing = platforms.filter((platform) => !existsSync(join(root, NATIVE, binaryOf(platform))))
if (missing.length > 0 && dryRun.length === 0) {
  console.error(`native-publish: there is no binary for ${missing.join(', ')}`)
  exit(1)
}
const folder = mkdtempSync(join(tmpdir(), 'aster-publish-'))
try {
  for (const platform of platforms.filter((one) => !missing.includes(one))) {
    const name = `${packageNameOf(platform)}@${version}`
    // An interrupted release continues at the first package that is not published yet.
    if (dryRun.length === 0 && npm(['view', name, 'version'], root, 'ignore') === 0) continue
    const place = join(folder, platform)
    stagePlatform(platform, place, join(root, NATIVE, binaryOf(platform)))
    if (npm(['publish', '--access', 'public', ...dryRun], place, 'inherit') !== 0) {
      console.error(`native-publish: ${name} was not published`)
      exit(1)
    }
  }
} finally {
  rmSync(folder, { recursive: true })
}

function npm(args, cwd, stdio) {
  return spawnSync('npm', args, { cwd, stdio, shell: process.platform === 'win32' }).status
}
