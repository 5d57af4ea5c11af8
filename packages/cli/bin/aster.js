#!/usr/bin/env node
import module from 'node:module'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { env } from 'node:process'

keepCompiledCode()
// Imported afterwards, or its code would not be kept.
const { main } = await import('../dist/main.js')

await main()

/**
 * Lets Node 22.1 and later keep the compiled code for the next run. Node would use a folder of `/tmp`, which another user of
 * the machine can make first and fill with other code; the folder here belongs to the user.
 */
function keepCompiledCode() {
  try {
    const cache = env['XDG_CACHE_HOME'] ?? ''
    module.enableCompileCache?.(join(isAbsolute(cache) ? cache : join(homedir(), '.cache'), 'aster', 'node'))
  } catch {
    // There is no home folder; the code is compiled again.
  }
}
