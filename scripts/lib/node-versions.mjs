// The versions of Node that the packages support. npm's package `node` has the programs; npx keeps them in its cache.
import { spawnSync } from 'node:child_process'
import { exit } from 'node:process'
import { root } from './tree.mjs'

export const NODES = ['20', '22', '24']

/**
 * Finds the newest program of a major version.
 *
 * @param {string} major
 * @returns {{ version: string, program: string }}
 */
export function installNode(major) {
  const print = 'console.log(JSON.stringify({ version: process.version, program: process.execPath }))'
  const args = ['--yes', '--package', `node@${major}`, '--', 'node', '--eval', print]
  const { status, stdout, stderr } = spawnSync('npx', args, { cwd: root, encoding: 'utf8' })
  if (status === 0) return JSON.parse(stdout)
  console.error(`nodes: npm has no program for node@${major}: ${stderr}`)
  return exit(1)
}
