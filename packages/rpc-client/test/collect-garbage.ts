import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Collects unreachable objects, and waits for the callbacks of finalization registries. */
export async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    // The engine keeps every object that a weak reference returned until the end of the turn.
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  await new Promise((resolve) => setImmediate(resolve))
}
