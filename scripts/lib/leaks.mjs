// Names of one machine or of one registry, which have no place in the repository.

const MACHINE_PATH = /(?<![\w.~)}\]*\\/:-])\/(?:root|work|tmp|opt|mnt|home\/[\w.-]+|Users\/[\w.-]+)\/[\w.-]/
const REGISTRY = /(?:https?:)?\/\/[^/\s'"]*\b(?:registry|npm|pypi|artifactory|nexus|verdaccio|mirror)\b[^/\s'"]*/i
const LOCKED_URL = /\w+:\/\/[^\s'"},]+/

/** Fixtures may hold any path as data; they are read, never followed. */
const isData = (path) => /\/(fixtures|vectors)\//.test(path)

/** Links for readers. */
const PUBLIC_PAGES = /\/\/(?:www\.)?npmjs\.com|\/\/pypi\.org/

/**
 * @param {string} path
 * @param {string} text
 * @param {string[]} hosts
 */
export function leaksOf(path, text, hosts) {
  const lockfile = path === 'pnpm-lock.yaml'
  const problems = []
  text.split('\n').forEach((line, index) => {
    const found =
      hosts.find((host) => line.includes(host)) ??
      (lockfile ? LOCKED_URL.exec(line)?.[0] : undefined) ??
      (isData(path) ? undefined : MACHINE_PATH.exec(line)?.[0]) ??
      (PUBLIC_PAGES.test(line) ? undefined : REGISTRY.exec(line)?.[0])
    if (found) problems.push(`${path}:${index + 1} names a machine or a registry: ${found}`)
  })
  return problems
}

/** Returns the host of a registry, unless it is the public registry or loopback, whose names are no secret. */
export function hostOf(url) {
  if (!url || !URL.canParse(url)) return undefined
  const { host } = new URL(url)
  return ['registry.npmjs.org', 'localhost', '127.0.0.1', '[::1]', ''].includes(host) ? undefined : host
}
