// Inputs of a fuzz target as a text file: one input a line in base64, `#` begins a comment.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** @param {string} path @returns {Uint8Array[]} an empty list if there is no file */
export function readInputs(path) {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map((line) => new Uint8Array(Buffer.from(line === '""' ? '' : line, 'base64')))
}

/** @param {string} path @param {readonly Uint8Array[]} inputs */
export function writeInputs(path, inputs) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, inputs.map((input) => `${lineOf(input)}\n`).join(''))
}

/** @param {string} path @param {Uint8Array} input @param {string} comment */
export function appendInput(path, input, comment) {
  const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const line = lineOf(input)
  if (before.includes(`${line} #`)) return
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${before}${line} # ${comment.split('\n')[0].slice(0, 100)}\n`)
}

const lineOf = (input) => (input.length === 0 ? '""' : Buffer.from(input).toString('base64'))
