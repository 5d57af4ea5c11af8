import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Collects what cannot be reached any more, and runs what finalization registries have to run. */
export async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    // What the present turn has looked at is kept until its end.
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  await new Promise((resolve) => setImmediate(resolve))
}
