// `pnpm native:asan`: runs the tests of the crate of packages/iroh-native under AddressSanitizer, which finds bytes that are
// used after they were freed, accesses beyond an allocation, and leaks. Needs the nightly toolchain of Rust and Linux on
// x86-64. The target folder is a sibling of the one of `pnpm native:build`, since everything is compiled anew.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { argv, env, exit } from 'node:process'
import { CRATE, targetFolder } from './native-build.mjs'

const TARGET = 'x86_64-unknown-linux-gnu'

const { status, error } = spawnSync('cargo', ['+nightly', 'test', '--locked', '--target', TARGET, ...argv.slice(2)], {
  cwd: CRATE,
  stdio: 'inherit',
  env: {
    ...env,
    RUSTFLAGS: `${env.RUSTFLAGS ?? ''} -Zsanitizer=address`.trim(),
    CARGO_TARGET_DIR: join(targetFolder(), '../asan-target'),
    // The lines of a report are those of the sources.
    CARGO_PROFILE_DEV_DEBUG: 'line-tables-only',
  },
})
if (error) console.error(`native:asan: cargo: ${error.message}`)
exit(status ?? 1)
