// The declarations of an entry, rolled up from its .d.ts files by API Extractor.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  ExtractorMessageCategory,
} from '@microsoft/api-extractor'

/**
 * @typedef {object} Entry
 * @property {string} specifier `@aster/rpc-core/schema`
 * @property {string} dir the absolute folder of the package
 * @property {string} types the absolute path of the entry's .d.ts
 *
 * @typedef {object} Declarations
 * @property {Map<string, { module: string, name: string }>} imports local name → origin of a name from another package;
 *   `name` is `X`, `X as Y` or `* as Y`
 * @property {Map<string, readonly string[]>} locals local name → declarations (overloads, or a value and a type), without
 *   comments and `export`
 * @property {Map<string, string>} exported public name → local name
 * @property {Set<string>} unexported local names that a declaration mentions and the entry does not export
 */

const COMPILER_OPTIONS = {
  module: 'nodenext',
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable', 'esnext.decorators', 'dom'],
  strict: true,
  exactOptionalPropertyTypes: true,
  // `tsc -b` has checked the declarations.
  skipLibCheck: true,
  noEmit: true,
}

/**
 * Rolls up the declarations of each entry.
 *
 * @param {readonly Entry[]} entries
 * @param {readonly string[]} types the packages of @types that the declarations use
 * @returns {Declarations[]} in the order of the entries
 */
export function declarationsOf(entries, types = ['node']) {
  const temporary = mkdtempSync(join(tmpdir(), 'aster-api-'))
  try {
    const configs = entries.map((entry, index) => configOf(entry, { types, temporary, name: `${index}.api.md` }))
    // One program for all entries, since parsing the standard library takes longer than everything else.
    const compilerState = CompilerState.create(configs[0], { additionalEntryPoints: entries.map(({ types }) => types) })
    return configs.map((config, index) => {
      const unexported = new Set()
      Extractor.invoke(config, {
        compilerState,
        localBuild: true,
        messageCallback(message) {
          if (message.category === ExtractorMessageCategory.Compiler || message.logLevel === ExtractorLogLevel.Error) {
            throw new Error(`${entries[index].specifier}: ${message.text}`)
          }
          if (message.messageId === 'ae-forgotten-export') unexported.add(/"(.+?)"/.exec(message.text)[1])
          message.handled = true
        },
      })
      return parseReport(readFileSync(config.reportTempFilePath, 'utf8'), unexported)
    })
  } finally {
    rmSync(temporary, { recursive: true })
  }
}

function configOf({ dir, types: mainEntryPointFilePath }, { types, temporary, name }) {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(dir, 'package.json'),
    configObject: {
      projectFolder: dir,
      mainEntryPointFilePath,
      compiler: {
        overrideTsconfig: { compilerOptions: { ...COMPILER_OPTIONS, types }, files: [mainEntryPointFilePath] },
      },
      apiReport: {
        enabled: true,
        includeForgottenExports: true,
        reportFileName: name,
        reportFolder: temporary,
        reportTempFolder: temporary,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        extractorMessageReporting: {
          default: { logLevel: 'none' },
          'ae-forgotten-export': { logLevel: 'warning', addToApiReportFile: false },
        },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
  })
}

/** Strings, to be kept, or comments with the line break before them. */
const STRINGS_AND_COMMENTS =
  /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\n?[ \t]*(?:\/\/[^\n]*|\/\*[^]*?\*\/)/g
const IMPORT = /^import (?:type )?(?<what>.+) from '(?<module>.+)';$/
const EXPORT = /^export \{ (?<local>[\w$]+)(?: as (?<name>[\w$]+))? \}$/
const DECLARATION =
  /^(?<export>export )?(?<declare>declare )?(?:abstract )?(?:class|const|enum|function|interface|let|namespace|type|var) (?<name>[\w$]+)/

/**
 * Parses a report of API Extractor: a block of TypeScript with imports, declarations and exports, which blank lines
 * separate.
 *
 * @returns {Declarations}
 */
function parseReport(report, unexported) {
  const code = /^```ts\n([^]*)^```$/m.exec(report)[1].replace(STRINGS_AND_COMMENTS, '$1')
  const parsed = parseCode(code, unexported)
  const shown = sourceNames([...parsed.locals.keys(), ...parsed.imports.keys()])
  if (shown.size === 0) return parsed
  const rename = (text) => text.replace(/[\w$]+/g, (word) => shown.get(word) ?? word)
  return parseCode(rename(code), new Set([...unexported].map(rename)))
}

/** API Extractor appends `_2` to a name that a global of the standard library also has. */
function sourceNames(names) {
  const pairs = names.map((name) => [name, name.replace(/_\d+$/, '')])
  return new Map(pairs.filter(([, original]) => !names.includes(original)))
}

function parseCode(code, unexported) {
  const found = { imports: new Map(), locals: new Map(), exported: new Map(), unexported }
  for (const chunk of code.split(/\n{2,}/)) {
    const declaration = []
    for (const line of chunk.trim().split('\n')) {
      const [imported, exported] = [IMPORT.exec(line)?.groups, EXPORT.exec(line)?.groups]
      if (imported) addImport(found, imported)
      else if (exported) found.exported.set(exported.name ?? exported.local, exported.local)
      else if (line !== '') declaration.push(line)
    }
    if (declaration.length > 0) addDeclaration(found, declaration.join('\n'))
  }
  return found
}

function addImport({ imports }, { what, module }) {
  const [name, local = name] = what.replace(/^\{ (.+) \}$/, '$1').split(' as ')
  imports.set(local, { module, name: name === local ? name : `${name} as ${local}` })
}

function addDeclaration({ locals, exported, unexported }, text) {
  const groups = DECLARATION.exec(text)?.groups
  if (!groups) throw new Error(`cannot parse the declaration ${text}`)
  const { name } = groups
  // `export * as t` is reported as `declare namespace t`.
  if (groups.export || (groups.declare && !unexported.has(name))) exported.set(name, name)
  locals.set(name, [...(locals.get(name) ?? []), text.replace(/^(?:export |declare )/, '')])
}
