// Finds exported names and public members without a documentation comment, and entries of packages without an `@example`.
// Prints how many names of each package are documented. Reads sources; needs no build.
// `node scripts/check-docs.mjs --only packages/config` looks at these packages alone.
import { join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import ts from 'typescript-oldest'
import { onlyOf } from './check-prose.mjs'
import { examplesOf } from './lib/examples.mjs'
import { report } from './lib/report.mjs'
import { packagesOf, readTree, root } from './lib/tree.mjs'

/** The least share of the names that has a comment. */
const LEAST = 0.98

/** Package → name → the reason why it has no comment. */
const UNDOCUMENTED = {}

/** Package → the reason why its entry has no example. */
const NO_EXAMPLE = {
  '@aster/iroh-native': 'an addon, which @aster/transport-iroh loads',
}

const COMPILER_OPTIONS = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.esnext.decorators.d.ts', 'lib.dom.d.ts'],
  customConditions: ['@aster/source'],
  allowImportingTsExtensions: true,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: ['node'],
}

/**
 * Lists the exported names and public members of each package, each under the package that declares it.
 *
 * @param {Map<string, string>} files path → text
 * @param {{ folder?: string, only?: readonly string[] }} options `folder`: the folder of the tree
 * @returns {Map<string, Map<string, boolean>>} package → `name` or `name.member` → whether it has a comment
 */
export function documentedNames(files, { folder = root, only = [] } = {}) {
  const packages = packagesOf(files).filter(({ kind, manifest }) => kind === 'packages' && !manifest.private)
  const entries = packages.flatMap((pkg) =>
    Object.values(pkg.manifest.exports).map((target) => ({
      pkg,
      path: join(folder, pkg.dir, target['@aster/source']),
    })),
  )
  const program = ts.createProgram(
    entries.map(({ path }) => path),
    COMPILER_OPTIONS,
  )
  const checker = program.getTypeChecker()
  const found = new Map(
    packages
      .filter(({ dir }) => only.length === 0 || only.includes(dir))
      .map(({ manifest }) => [manifest.name, new Map()]),
  )
  for (const { pkg, path } of entries) {
    const names = found.get(pkg.manifest.name)
    if (names === undefined) continue
    const isOwn = (symbol) =>
      (symbol.declarations ?? []).some((node) => node.getSourceFile().fileName.startsWith(`${join(folder, pkg.dir)}/`))
    const file = program.getSourceFile(path)
    for (const [name, symbol] of namesOf(checker.getSymbolAtLocation(file), checker)) {
      if (!isOwn(symbol)) continue
      names.set(name, hasComment(symbol, checker))
      for (const member of membersOf(symbol)) {
        if (isOwn(member)) names.set(`${name}.${member.name}`, hasComment(member, checker))
      }
    }
  }
  return found
}

/** Returns the exported names of a module; those of a namespace as `t.string`. */
function namesOf(module, checker, prefix = '') {
  return checker.getExportsOfModule(module).flatMap((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
    const name = prefix + exported.name
    return symbol.flags & ts.SymbolFlags.ValueModule ? namesOf(symbol, checker, `${name}.`) : [[name, symbol]]
  })
}

/** A base of a class or an interface may have the comment. */
const hasComment = (symbol, checker) =>
  symbol.getDocumentationComment(checker).length > 0 || symbol.getJsDocTags(checker).length > 0

/** Returns the public members of a class, an interface, an enum, or a type that is written as an object. */
function membersOf(symbol) {
  return (symbol.declarations ?? []).flatMap(memberNodes).flatMap((node) => {
    const { symbol: member } = node
    // Names that the language has a meaning for, constructors and signatures without a name.
    if (member === undefined || member.name.startsWith('__')) return []
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected
    const isPrivate = (ts.getCombinedModifierFlags(node) & hidden) !== 0 || ts.isPrivateIdentifier(node.name ?? node)
    return isPrivate ? [] : [member]
  })
}

function memberNodes(declaration) {
  if (ts.isClassLike(declaration) || ts.isInterfaceDeclaration(declaration) || ts.isEnumDeclaration(declaration)) {
    return [...declaration.members]
  }
  return ts.isTypeAliasDeclaration(declaration) ? membersOfType(declaration.type) : []
}

function membersOfType(type) {
  if (ts.isTypeLiteralNode(type)) return [...type.members]
  return ts.isIntersectionTypeNode(type) ? type.types.flatMap(membersOfType) : []
}

/** @param {ReturnType<typeof documentedNames>} packages */
export function checkDocs(packages, exceptions = UNDOCUMENTED) {
  const problems = []
  const lines = []
  let [documented, total] = [0, 0]
  for (const [name, names] of packages) {
    const missing = [...names].filter(([, has]) => !has).map(([one]) => one)
    const allowed = exceptions[name] ?? {}
    for (const one of missing) {
      if (!Object.hasOwn(allowed, one)) problems.push(`${name}: ${one} has no documentation comment`)
    }
    for (const one of Object.keys(allowed)) {
      if (!missing.includes(one))
        problems.push(`${name}: the exception for ${one} in scripts/check-docs.mjs is not needed`)
    }
    lines.push(`${name}: ${names.size - missing.length} of ${names.size}`)
    documented += names.size - missing.length
    total += names.size
  }
  if (documented < total * LEAST)
    problems.push(`${documented} of ${total} names are documented; expected ${LEAST * 100} %`)
  return { problems, lines, seen: `${documented} of ${total} names are documented` }
}

/** Each package has an example in the file of an entry, or beside a name that an entry exports. */
export function checkExamples(files, { exceptions = NO_EXAMPLE, only = [] } = {}) {
  const { examples, problems } = examplesOf(files)
  for (const { dir, kind, manifest } of packagesOf(files)) {
    if (kind !== 'packages' || manifest.private || (only.length > 0 && !only.includes(dir))) continue
    const has = examples.some(({ path }) => path.startsWith(`${dir}/`))
    const isAllowed = Object.hasOwn(exceptions, manifest.name)
    if (has && isAllowed) problems.push(`${manifest.name}: the exception for its example is not needed`)
    if (!has && !isAllowed) problems.push(`${manifest.name}: its entry has no @example`)
  }
  return problems
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const files = readTree()
  const only = onlyOf(argv)
  const { lines, problems, seen } = checkDocs(documentedNames(files, { only }))
  for (const line of lines) console.log(line)
  report('docs', { problems: [...problems, ...checkExamples(files, { only })], seen })
}
