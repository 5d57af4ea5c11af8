// The files of the README's quick start.

const CODE = /^<!-- code: apps\/hello\/src\/(?<name>[\w-]+\.ts) -->\n+```ts\n(?<code>[^]*?)^```$/gm
const TSCONFIG = /^<!-- tsconfig -->\n+```json\n(?<code>[^]*?)^```$/m

/**
 * @param {string} readme
 * @returns {{ samples: Map<string, string>, problems: string[] }} `samples`: name → text, `tsconfig.json` among them
 */
export function samplesOf(readme) {
  const problems = []
  const samples = new Map([...readme.matchAll(CODE)].map(({ groups }) => [groups.name, groups.code]))
  for (const [name, code] of samples) {
    // Node runs no import of a file that is not there: `./x.js` beside `x.ts`.
    for (const [, file] of code.matchAll(/ from '\.\/([^']+)'/g)) {
      if (!samples.has(file)) problems.push(`README.md: ${name} imports ./${file}, which it does not show`)
    }
  }
  const tsconfig = TSCONFIG.exec(readme)?.groups.code
  if (tsconfig === undefined) problems.push('README.md has no block with a tsconfig.json, marked by <!-- tsconfig -->')
  else samples.set('tsconfig.json', tsconfig)
  return { samples, problems }
}
