// Counts how often each block of a program runs, for the fuzzer: `globalThis.asterCoverage` has a byte for each.
import { parseAst } from 'vite'

/** The parts that run only on a condition, by the kind of the node that contains them. */
const BRANCHES = {
  IfStatement: ['consequent', 'alternate'],
  ForStatement: ['body'],
  ForInStatement: ['body'],
  ForOfStatement: ['body'],
  WhileStatement: ['body'],
  DoWhileStatement: ['body'],
  CatchClause: ['body'],
  ConditionalExpression: ['consequent', 'alternate'],
  LogicalExpression: ['right'],
  FunctionDeclaration: ['body'],
  FunctionExpression: ['body'],
  ArrowFunctionExpression: ['body'],
}

/**
 * @param {string} code a module
 * @returns {{ code: string, blocks: number }} the module with a counter in each block and branch
 */
export function instrument(code) {
  const opens = []
  const closes = []
  let blocks = 0
  const count = () => `$hits[${blocks++}]++`

  const enter = (node) => {
    if (node.type === 'BlockStatement' || node.type === 'FunctionBody') opens.push([node.start + 1, `${count()};`])
    else if (node.type.endsWith('Statement')) wrap(node, `{${count()};`, '}')
    else wrap(node, `(${count()},`, ')')
  }
  const wrap = ({ start, end }, before, after) => {
    opens.push([start, before])
    closes.push([end, after])
  }
  const visit = (node) => {
    for (const key of BRANCHES[node.type] ?? []) if (node[key]) enter(node[key])
    if (node.type === 'SwitchCase' && node.consequent.length > 0) opens.push([node.consequent[0].start, `${count()};`])
    for (const key of Object.keys(node)) {
      const value = node[key]
      if (Array.isArray(value)) value.filter((item) => item?.type).forEach(visit)
      else if (value?.type && typeof value.start === 'number') visit(value)
    }
  }
  visit(parseAst(code))

  // At one offset, ends come before beginnings, and the innermost end comes first.
  const edits = [
    ...closes.reverse().map(([at, text]) => ({ at, text, rank: 0 })),
    ...opens.map(([at, text]) => ({ at, text, rank: 1 })),
  ].sort((a, b) => a.at - b.at || a.rank - b.rank)
  let out = ''
  let done = 0
  for (const { at, text } of edits) {
    out += code.slice(done, at) + text
    done = at
  }
  const head = `const $hits = (globalThis.asterCoverage = new Uint8Array(${Math.ceil(blocks / 8) * 8}));\n`
  return { code: head + out + code.slice(done), blocks }
}
