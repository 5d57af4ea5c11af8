import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apiReports, differences, missingExports } from './api.mjs'

const BEFORE = `
/** Connects. */
export declare function connect(address: string, options?: ConnectOptions): Promise<Link>;
export interface ConnectOptions {
    /** In milliseconds. */
    readonly timeoutMs?: number | undefined;
}
export declare class Link {
    #private;
    private secret;
    private hide();
    constructor(address: string);
    close(code?: number): void;
}
export declare const RETRIES = 3;
`
const INDEX = "export { connect, type ConnectOptions, Link, RETRIES } from './link.ts'\n"

const link = (text, index = INDEX) => ({ 'link.d.ts': text, 'index.d.ts': index })

/** Package → its declarations. One program rolls up all of them, since making it takes most of the time. */
const PACKAGES = {
  before: link(BEFORE),
  parameter: link(BEFORE.replace('close(code?: number)', 'close(code: bigint)')),
  removed: link(
    BEFORE.replace('export declare const RETRIES = 3;', ''),
    "export { connect, type ConnectOptions, Link } from './link.ts'\n",
  ),
  overload: link(`${BEFORE}export declare function connect(addresses: readonly string[]): Promise<Link>;\n`),
  option: link(BEFORE.replace('readonly timeoutMs', 'readonly retries: 3; readonly timeoutMs')),
  typeonly: link(BEFORE, "export { connect, type ConnectOptions, type Link, RETRIES } from './link.ts'\n"),
  comment: link(
    BEFORE.replace('/** Connects. */', '/**\n * Connects to "it\'s.\n * @param address of a peer\n */')
      .replace('/** In milliseconds. */', '// None by default.')
      .replace('private secret;', '/** @internal */ private secret;')
      .replace('close(code', '/** Closes. */\n    close(/* a number */ code'),
  ),
  url: link("export declare const HOME = 'https://example.org/*';\n", "export { HOME } from './link.ts'\n"),
  hidden: {
    'index.d.ts': "export { start } from './start.ts'\n",
    'start.d.ts': `
export interface Retry { readonly times: Times }
export type Times = number;
export type Unused = string;
export declare function start(options: { readonly retry?: Retry }): void;
`,
  },
  entries: {
    'index.d.ts': "export { type Codec, encode } from './codec.ts'\n",
    'codec.d.ts': `
import type { Encoding } from './encoding.ts';
export interface Codec { readonly encoding: Encoding }
interface Options { readonly strict: boolean }
export declare function encode(codec: Codec, options: Options): void;
export {};
`,
    'encoding.d.ts': 'export interface Encoding { readonly name: string }\n',
    'schema/index.d.ts': "export type { Encoding } from '../encoding.ts'\nexport { check } from './check.ts'\n",
    'schema/check.d.ts': `
import type { Codec } from '../codec.ts';
export declare function check(codec: Codec): void;
`,
  },
  namespace: {
    'index.d.ts': "export * as t from './t.ts'\nexport { type MethodDecorator } from './method.ts'\n",
    't.d.ts': "export declare const int: number;\nexport { list as array } from './list.ts';\n",
    'list.d.ts': 'export declare function list(element: string): string[];\n',
    'method.d.ts': 'export type MethodDecorator = (name: string) => void;\n',
  },
  server: {
    'index.d.ts': "export { type Logger } from '@aster/before'\nexport { serve } from './serve.ts'\n",
    'serve.d.ts': `
import type { Link, Logger } from '@aster/before';
export declare function serve(link: Link, logger: Logger): void;
`,
    'node_modules/@aster/before/index.d.ts': 'export declare class Link {}\nexport interface Logger {}\n',
  },
  secret: { 'index.d.ts': 'export {}\n' },
}

const folder = mkdtempSync(join(tmpdir(), 'aster-api-test-'))
const files = new Map()
let reports = []

function addPackage(name, declarations) {
  const indexes = Object.keys(declarations).filter((path) => /^(\w+\/)?index\.d\.ts$/.test(path))
  const exports = indexes.map((path) => {
    const base = path.replace('.d.ts', '')
    files.set(`packages/${name}/src/${base}.ts`, declarations[path])
    return [`./${dirname(path)}`.replace('/.', ''), { '@aster/source': `./src/${base}.ts`, types: `./dist/${path}` }]
  })
  const manifest = { name: `@aster/${name}`, private: name === 'secret', exports: Object.fromEntries(exports) }
  files.set(`packages/${name}/package.json`, JSON.stringify(manifest))
  const onDisk = { 'package.json': files.get(`packages/${name}/package.json`) }
  for (const [path, text] of Object.entries(declarations)) onDisk[`dist/${path}`] = text
  for (const [path, text] of Object.entries(onDisk)) {
    const file = join(folder, 'packages', name, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

beforeAll(async () => {
  for (const [name, declarations] of Object.entries(PACKAGES)) addPackage(name, declarations)
  reports = await apiReports(files, { folder, types: [] })
}, 180_000)

afterAll(() => rmSync(folder, { recursive: true }))

const reportOf = (name) => reports.find((report) => report.name === `@aster/${name}`)
const textOf = (name) => reportOf(name).text.replaceAll(`@aster/${name}`, '@aster/x')

/** The problems if the report of the package `before` is committed and the declarations become those of `name`. */
const differencesTo = (name) =>
  differences(new Map([['api/x.api.md', textOf('before')]]), [{ path: 'api/x.api.md', text: textOf(name) }])

describe('a report', () => {
  it('has the declarations of an entry, without comments and private members, in the order of the names', () => {
    expect(textOf('before')).toBe(`# API of @aster/x

Written by \`pnpm lint:api --write\`. Review the changes; do not edit the file.

## @aster/x

\`\`\`ts
export interface ConnectOptions {
  readonly timeoutMs?: number | undefined
}

export class Link {
  constructor(address: string)
  close(code?: number): void
}

export const RETRIES = 3

export function connect(address: string, options?: ConnectOptions): Promise<Link>
\`\`\`
`)
  })

  it('is written for each public package, and for no private one', () => {
    const wanted = Object.keys(PACKAGES).filter((name) => name !== 'secret')
    expect(reports.map(({ path }) => path)).toEqual(wanted.map((name) => `api/${name}.api.md`))
  })

  it('has a section for each entry, and imports what another entry of the package exports', () => {
    const [, first, second] = textOf('entries').split('\n## ')
    expect(first).toContain("import { Encoding } from '@aster/x/schema'")
    expect(first).not.toContain('interface Encoding')
    expect(second).toMatch(/^@aster\/x\/schema\n/)
    expect(second).toContain("import { Codec } from '@aster/x'")
    expect(second).toContain('export interface Encoding')
    expect(second).not.toContain('interface Codec')
  })

  it('has the declarations that are mentioned and not exported below the others', () => {
    const [exported, mentioned] = textOf('hidden').split('// Mentioned above, and exported by no entry.')
    expect(exported).toContain('export function start(options: { readonly retry?: Retry }): void')
    expect(mentioned).toMatch(/^interface Retry \{\n {2}readonly times: Times\n\}\n\ntype Times = number$/m)
    expect(mentioned).not.toContain('Unused')
  })

  it('lists the members of a namespace, and has their declarations', () => {
    expect(textOf('namespace')).toContain('export namespace t {\n  export { int, list as array }\n}')
    expect(textOf('namespace')).toContain('\nfunction list(element: string): string[]\n')
  })

  it('calls a declaration as the sources do, though the standard library has a global of that name', () => {
    expect(textOf('namespace')).toContain('export type MethodDecorator = (name: string) => void\n')
  })

  it('says where a re-exported name comes from', () => {
    expect(textOf('server')).toContain(
      "import { Link } from '@aster/before'\n\nexport { type Logger } from '@aster/before'\n",
    )
  })

  it('keeps in a string what looks like a comment', () => {
    expect(textOf('url')).toMatch(/export const HOME = ["']https:\/\/example\.org\/\*["']\n/)
  })
})

describe('the comparison', () => {
  it.each([
    ['parameter', ['- close(code?: number): void', '+ close(code: bigint): void']],
    ['removed', ['- export const RETRIES = 3']],
    ['overload', ['+ export function connect(addresses: readonly string[]): Promise<Link>']],
    ['option', ['+ readonly retries: 3']],
    ['typeonly', ['- export class Link {', '+ class Link {', '+ export type { Link }']],
  ])('shows a change: %s', (name, lines) => {
    const [problem, ...others] = differencesTo(name)
    expect(others).toEqual([])
    expect(problem).toContain('api/x.api.md differs')
    expect(
      problem
        .split('\n')
        .slice(1)
        .map((line) => line.replace(/\s+/g, ' ').trim()),
    ).toEqual(lines)
  })

  it('shows no change of a comment', () => {
    expect(differencesTo('comment')).toEqual([])
  })

  it('finds a file without a package, and a package without a file', () => {
    const [stale, missing] = differences(new Map([['api/gone.api.md', '']]), [reportOf('before')])
    expect(stale).toBe('api/gone.api.md has no package')
    expect(missing).toContain('api/before.api.md differs')
  })
})

describe('missing exports', () => {
  const problemsOf = (name, exceptions = {}) => missingExports([reportOf(name)], exceptions)

  it('are the names that an exported declaration itself mentions', () => {
    expect(problemsOf('before')).toEqual([])
    expect(problemsOf('hidden')).toEqual([
      '@aster/hidden: an exported declaration names Retry, but no entry exports it',
    ])
  })

  it('are not those that another entry of the package exports', () => {
    expect(problemsOf('entries')).toEqual([
      '@aster/entries: an exported declaration names Options, but no entry exports it',
    ])
  })

  it('of a package that is installed alone include names of other packages of ours', () => {
    expect(problemsOf('server')).toEqual([
      '@aster/server: an exported declaration names Link, but it comes from @aster/before; export it as well',
    ])
  })

  it('may be accepted, as long as that is needed', () => {
    expect(problemsOf('hidden', { '@aster/hidden': { Retry: 'a reason' } })).toEqual([])
    expect(problemsOf('before', { '@aster/before': { Retry: 'a reason' } })).toEqual([
      '@aster/before: the exception for Retry in scripts/api.mjs is not needed',
    ])
  })
})

it('refuses declarations that are older than the sources', async () => {
  const changed = new Map([...files].filter(([path]) => path.startsWith('packages/before/')))
  changed.set('packages/before/src/index.ts', `${INDEX}export { fresh } from './fresh.ts'\n`)
  await expect(apiReports(changed, { folder, types: [] })).rejects.toThrow(
    '@aster/before: the sources and dist differ in fresh; run pnpm build',
  )
}, 180_000)
