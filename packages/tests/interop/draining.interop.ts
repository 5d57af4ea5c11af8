// An AsterServer that shuts down while the consumer of Python calls it.
import { type Interceptor, StatusCode } from '@aster/rpc-core'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { startOurProducer } from './our-producer.ts'
import { startPython } from './python-process.ts'

it.each(['xlang', 'json'])(
  'a Python consumer in %s sees its running calls finish, and UNAVAILABLE for all others',
  async (mode) => {
    let sleeping = 0
    const count: Interceptor = (call, next) => {
      if (call.method.name === 'sleep') sleeping++
      return next(call)
    }
    await using server = await startOurProducer({ interceptors: [count] })
    const { child, exited, stderr } = startPython('draining.py', [server.address, '--mode', mode])
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
    await expect.poll(() => sleeping).toBe(2)
    const closing = server.close({ graceMs: Infinity })
    child.stdin!.write('\n')
    const { value } = await lines.next()
    const refused = { error: StatusCode.UNAVAILABLE }
    expect(JSON.parse(String(value)), stderr()).toMatchObject({
      new: refused,
      'idle session': refused,
      running: { text: 'slept', count: 2_000 },
      'running in a session': { text: 'slept', count: 2_000 },
      'behind it': refused,
    })
    await closing
    child.stdin!.end()
    await exited
  },
  60_000,
)
