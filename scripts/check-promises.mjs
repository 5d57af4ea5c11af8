// Compares documents that name a test for each promise with the tests: `[test](path "title")` has to lead to a file that
// contains the title, and each sentence of these documents with a promise needs such a link.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

const documents = ['docs/delivery.md', 'SECURITY.md'].filter((document) => existsSync(document))
const link = /\[test\]\((?<file>[^\s)]+)(?: "(?<title>[^"]*)")?\)/g
const problems = []
let count = 0

for (const document of documents) {
  const lines = readFileSync(document, 'utf8').split('\n')
  for (const [index, line] of lines.entries()) {
    const place = `${document}:${index + 1}`
    if (line.startsWith('- ') && !line.startsWith('- **') && !line.includes('[test]('))
      problems.push(`${place}: expected a test for this promise`)
    for (const { groups } of line.matchAll(link)) {
      count++
      const { file, title } = groups
      const target = path.join(path.dirname(document), file)
      if (title === undefined) problems.push(`${place}: ${file}: expected the title of the test behind it`)
      else if (!existsSync(target)) problems.push(`${place}: ${file}: no such file`)
      else if (!readFileSync(target, 'utf8').includes(title)) problems.push(`${place}: ${file} has no test '${title}'`)
    }
  }
}

if (count === 0) problems.push(`${documents.join(', ')}: expected links to tests`)
for (const problem of problems) console.error(problem)
console.log(`${count} links to tests in ${documents.join(' and ')}`)
if (problems.length > 0) process.exitCode = 1
