// Holds sources to the forms that work in every realm, bundle and copy of a package: a value of an iframe, a `vm` context or
// a Jest test is no instance of this realm's classes, a minifier renames classes, and timers of a browser are numbers.
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { withoutComments } from './lib/imports.mjs'
import { report } from './lib/report.mjs'
import { packagesOf, readTree } from './lib/tree.mjs'

/** Built-in classes, each with the check that takes instances of any realm. */
const GUARDS = {
  Date: 'isDate',
  Map: 'isMap',
  Set: 'isSet',
  Uint8Array: 'isBytes',
  Error: 'isErrorLike',
  Promise: 'isThenable',
}
const TYPED_ARRAYS = '(?:Int|Uint|Float|BigInt|BigUint)(?:8|16|32|64)(?:Clamped)?Array'
const OTHERS =
  'Abort(?:Signal|Controller)|Array|ArrayBuffer|Buffer|DataView|DOMException|EventTarget|Function|Object|RegExp|SharedArrayBuffer|URL|Weak(?:Map|Ref|Set)'
const BUILT_INS = [...Object.keys(GUARDS), TYPED_ARRAYS, '[A-Z][a-z]+Error', OTHERS].join('|')
/** Errors of the language; those of the project have brands. */
const NATIVE_ERRORS = /^(?:Aggregate|Eval|Range|Reference|Syntax|Type|URI)Error$/

const FORMS = [
  {
    name: 'instanceof',
    pattern: new RegExp(`\\b(?:instanceof\\s+|instance\\(\\s*)(${BUILT_INS})\\b(?!\\.)`, 'g'),
    problem([, type]) {
      if (/^[A-Z][a-z]+Error$/.test(type) && !NATIVE_ERRORS.test(type)) return undefined
      const guard = GUARDS[type] ?? (NATIVE_ERRORS.test(type) ? 'isErrorLike and the name' : undefined)
      return `asks for a ${type} of this realm alone; ${guard === undefined ? 'look at what it can do' : `use ${guard}`}`
    },
  },
  {
    name: 'unref',
    pattern: /\.unref(?:\?\.)?\s*\(/g,
    problem: () => 'fails if timers are numbers; use unref of @aster/rpc-core/protocol',
  },
  {
    name: 'then',
    pattern: /typeof [^;\n]*?\bthen\b|\bthen\s*[!=]==?|'then' in /g,
    problem: () => 'looks for a thenable by hand; use isThenable',
  },
  {
    name: 'constructor.name',
    pattern: /\bconstructor\s*\??\.\s*name\b/g,
    problem: () => 'reads the name of a class, which minifiers change',
  },
  {
    name: 'queue',
    pattern: /\bvoid\s+[\w.#]+\.queue\s*\(/g,
    problem: ({ index }, code, text) => {
      const line = code.slice(0, index).split('\n').length
      return (text.split('\n')[line - 2] ?? '').trimStart().startsWith('// No wait: ')
        ? undefined
        : "drops the promise of a full queue, so that a peer that does not read fills the memory; wait for it, or say in the line before why not: '// No wait: …'"
    },
  },
  {
    name: 'JSON.stringify',
    pattern: /\$\{JSON\.stringify\(/g,
    problem: () => 'leaves C1 controls and bidi marks as they are, at any length; use quoted, or escapeUnprintable',
  },
  {
    name: 'brand',
    pattern: /\bclass (\w+) extends (\w*Error)\b/g,
    problem: ([, name], code) =>
      code.includes(`brandError(this, '${name}')`)
        ? undefined
        : `${name} has no brand; begin it with static { brandError(this, '${name}') }`,
  },
]

/** The exceptions: path, form, and the reason. */
const EXCEPTIONS = [
  ['packages/rpc-core/src/values/guards.ts', 'instanceof', 'the guards try the classes of this realm first'],
  ['packages/rpc-core/src/values/guards.ts', 'then', 'isThenable itself'],
  ['packages/rpc-core/src/values/describe.ts', 'constructor.name', 'shown in a message; decides nothing'],
  ['packages/admission/src/nonce-file.ts', 'JSON.stringify', 'a file, and members that are checked'],
  ['packages/codec-fory/src/decode/generate.ts', 'JSON.stringify', 'a source text, of names of a definition'],
  ['packages/codec-json/src/writer.ts', 'JSON.stringify', 'a message'],
  ['packages/identity/src/canonical-attributes.ts', 'JSON.stringify', 'bytes that are signed'],
  ['packages/identity/src/root-key.ts', 'JSON.stringify', 'a file'],
  ['packages/rpc-core/src/schema/enum.ts', 'JSON.stringify', 'members of a definition, which may be numbers'],
  ['packages/tests/src/traces/results.ts', 'JSON.stringify', 'lines that tests compare'],
  ['packages/codec-fory/src/wire/failure.ts', 'brand', 'never leaves the codec, which turns it into an RpcError'],
]

/** @param {Map<string, string>} files path → text */
export function checkForms(files, exceptions = EXCEPTIONS) {
  const problems = []
  const used = new Set()
  let seen = 0
  for (const { dir, kind, files: own } of packagesOf(files)) {
    if (kind !== 'packages') continue
    for (const [name, text] of own) {
      if (!/^src\/.*\.ts$/.test(name) || /\.(test|test-d|bench)\.ts$/.test(name)) continue
      seen++
      const path = `${dir}/${name}`
      const code = withoutComments(text)
      for (const form of FORMS) {
        for (const match of code.matchAll(form.pattern)) {
          const problem = form.problem(match, code, text)
          if (problem === undefined) continue
          const exception = exceptions.find(([file, kind]) => file === path && kind === form.name)
          if (exception !== undefined) used.add(exception)
          else problems.push(`${path}:${code.slice(0, match.index).split('\n').length} ${problem}`)
        }
      }
    }
  }
  for (const exception of exceptions) {
    if (!used.has(exception)) problems.push(`${exception[0]}: the exception for ${exception[1]} is not needed`)
  }
  return { problems, seen: `${seen} sources, ${exceptions.length} exceptions` }
}

if (argv[1] === fileURLToPath(import.meta.url)) report('forms', checkForms(readTree()))
