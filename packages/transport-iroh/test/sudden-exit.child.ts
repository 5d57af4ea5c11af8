// Ends while operations of every kind are in progress, by `process.exit` or by an uncaught exception.
import { Pair } from './under-way.ts'

const pair = await Pair.open()
await pair.echo('hello')
await pair.begin()
process.stdout.write('under way', () => {
  if (process.argv[2] === 'ends') process.exit(3)
  setImmediate(() => {
    throw new Error('for a test')
  })
})
