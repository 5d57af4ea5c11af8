// The systems, and the workloads of each.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The system with which the others are compared. */
export const BASE = 'grpc'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const CONNECT = ['connect']
const UNARY = ['unary-1', 'unary-16', 'unary-64', 'unary-256']
const STREAMS = ['server-stream', 'client-stream', 'bidi']
const RANDOM = ['echo-1k', 'echo-64k', 'echo-1m', 'echo-8m']
const COMPRESSIBLE = ['echo-64k-compressible', 'echo-1m-compressible', 'echo-8m-compressible']
const LARGE = ['upload', 'memory', 'scaling']
const MAIN = [...CONNECT, ...UNARY, ...STREAMS, 'echo-64k', 'echo-1m', 'rss']
const ALL = [...CONNECT, ...UNARY, ...STREAMS, ...RANDOM, 'rss', ...LARGE]
const OURS = [...ALL, ...COMPRESSIBLE]
const PEER = [...CONNECT, 'unary-1', 'unary-64', ...STREAMS, 'echo-1k', 'echo-64k', 'echo-1m', 'upload']

const native = { ASTER_IROH_BINDING: 'native' }
const number0 = { ASTER_IROH_BINDING: 'number0' }
const node = (file, variant, env = {}) => ({ file, variant, env })
const both = (program) => ({ server: program, client: program })
const python = (side = {}) => {
  const program = { file: 'python', python: process.env['ASTER_PYTHON'] }
  return { server: program, client: program, ...side }
}

/**
 * @typedef {object} System
 * @property {string} name the name in options and results
 * @property {string} title the name in tables
 * @property {object} server the program of the server: see child.mjs
 * @property {object} client
 * @property {readonly string[]} workloads names of workloads.mjs
 * @property {readonly string[]} [once] workloads that take long, and so run in the first round only
 * @property {'native' | 'number0' | 'python'} [needs] a requirement that may be missing
 */

/** @type {readonly System[]} */
export const SYSTEMS = [
  { name: 'grpc', title: 'grpc-js', ...both(node('grpc', '')), workloads: ALL },
  {
    name: 'native-xlang',
    title: 'Aster',
    ...both(node('aster', 'xlang', native)),
    workloads: OURS,
    needs: 'native',
  },
  {
    name: 'number0-xlang',
    title: 'Aster over @number0/iroh',
    ...both(node('aster', 'xlang', number0)),
    workloads: OURS,
    once: ['upload'],
    needs: 'number0',
  },
  { name: 'raw-native', title: 'raw native core', ...both(node('native', '')), workloads: ALL, needs: 'native' },
  {
    name: 'raw-number0',
    title: 'raw @number0/iroh',
    ...both(node('number0', '')),
    workloads: MAIN,
    needs: 'number0',
  },
  {
    name: 'native-json',
    title: 'Aster, JSON',
    ...both(node('aster', 'json', native)),
    workloads: MAIN,
    needs: 'native',
  },
  {
    name: 'native-session',
    title: 'Aster, a session',
    ...both(node('aster', 'session', native)),
    workloads: MAIN,
    needs: 'native',
  },
  {
    name: 'native-limits',
    title: 'Aster, with limits',
    ...both(node('aster', 'limits', native)),
    workloads: UNARY,
    needs: 'native',
  },
  {
    name: 'number0-json',
    title: 'Aster over @number0/iroh, JSON',
    ...both(node('aster', 'json', number0)),
    workloads: MAIN,
    needs: 'number0',
  },
  {
    name: 'number0-session',
    title: 'Aster over @number0/iroh, a session',
    ...both(node('aster', 'session', number0)),
    workloads: MAIN,
    needs: 'number0',
  },
  { name: 'grpc-tls', title: 'grpc-js with TLS', ...both(node('grpc', 'tls')), workloads: MAIN },
  { name: 'connect', title: 'Connect', ...both(node('connect', '')), workloads: MAIN },
  {
    name: 'trpc',
    title: 'tRPC over WebSocket',
    ...both(node('trpc', '')),
    workloads: MAIN.filter((name) => name !== 'client-stream' && name !== 'bidi'),
  },
  { name: 'python', title: 'Python ↔ Python', ...python(), workloads: PEER, needs: 'python' },
  {
    name: 'native-python',
    title: 'Aster → Python',
    ...python({ client: node('aster', 'xlang', native) }),
    workloads: PEER,
    needs: 'python',
  },
  {
    name: 'number0-python',
    title: 'Aster over @number0/iroh → Python',
    ...python({ client: node('aster', 'xlang', number0) }),
    workloads: PEER,
    once: ['upload'],
    needs: 'python',
  },
]

/**
 * Returns the reason why a requirement of a system is missing, for each one that is.
 *
 * @param {readonly Pick<System, 'name' | 'needs'>[]} systems
 * @param {string} [checkout] the checkout whose packages the systems use
 */
export function findMissing(systems, checkout = ROOT) {
  const needed = new Set(systems.flatMap(({ needs, name }) => [needs, name.split('-')[0]]))
  const missing = {}
  for (const [name, probe] of Object.entries(PROBES)) {
    const reason = needed.has(name) ? probe(checkout) : undefined
    if (reason !== undefined) missing[name] = reason
  }
  return missing
}

/** Returns why a system cannot run, if it cannot. */
export function reasonMissing({ name, needs }, missing) {
  return missing[needs] ?? missing[name.split('-')[0]]
}

const PROBES = {
  native: (checkout) => importError("(await import('@aster/iroh-native')).loadAddon()", checkout),
  number0: (checkout) => importError("await import('@number0/iroh')", checkout),
  python() {
    const file = process.env['ASTER_PYTHON']
    if (!file) return 'ASTER_PYTHON does not name a Python with aster-rpc'
    const { status } = spawnSync(file, ['-c', 'import aster'], { stdio: 'ignore' })
    return status === 0 ? undefined : `${file} has no aster-rpc`
  },
}

/** Tries an import in a process of its own, as transport-iroh would make it. Returns the error. */
function importError(code, checkout) {
  const cwd = join(checkout, 'packages/transport-iroh')
  if (!existsSync(cwd)) return `${cwd} is not there`
  const script = `try { ${code} } catch (error) { console.error(error.message); process.exit(1) } process.exit(0)`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd,
    encoding: 'utf8',
  })
  return status === 0 ? undefined : (stderr.split('\n')[0] ?? 'it cannot be loaded')
}
