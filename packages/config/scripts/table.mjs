// Writes the tables of configuration into README.md, between the comments that name them. Needs a build.
import { readFileSync, writeFileSync } from 'node:fs'
import { configTable, refusedTable } from '../dist/index.js'

const path = new URL('../README.md', import.meta.url)
const tables = { fields: configTable(), refused: refusedTable() }

let text = readFileSync(path, 'utf8')
for (const [name, table] of Object.entries(tables)) {
  const place = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`)
  text = text.replace(place, (_, begin, end) => `${begin}${table}\n${end}`)
}
writeFileSync(path, text)
