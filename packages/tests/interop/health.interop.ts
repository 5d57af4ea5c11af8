// The health service of AsterServer, called by the consumer of Python.
import { createInterface } from 'node:readline'
import { StatusCode } from '@aster/server'
import { expect, it } from 'vitest'
import { startOurProducer } from './our-producer.ts'
import { startPython } from './python-process.ts'

it.each(['xlang', 'json', 'proxy'])('Python checks and watches the health of a server in mode %s', async (mode) => {
  await using server = await startOurProducer({ health: true })
  const args = [server.address, '--mode', mode, '--service', 'Interop']
  const { child, exited, stderr } = startPython('health_consumer.py', args)
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const next = async (): Promise<unknown> => JSON.parse(((await lines.next()).value as string) ?? '{}')
  expect(await next(), stderr()).toEqual({ check: 'SERVING', missing: StatusCode.NOT_FOUND })
  expect(await next()).toEqual({ status: 'SERVING' })
  server.health?.set('Interop', 'NOT_SERVING')
  expect(await next()).toEqual({ status: 'NOT_SERVING' })
  server.health?.set('Interop', 'SERVING')
  expect(await next()).toEqual({ status: 'SERVING' })
  await server.close({ graceMs: 20_000 })
  expect(await next()).toEqual({ status: 'NOT_SERVING' })
  expect(await next()).toEqual({ ended: true })
  expect(await exited, stderr()).toBe(0)
})
