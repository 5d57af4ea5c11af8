// A producer with reflection, called and asked by Python's own consumer.
import { createInterface } from 'node:readline'
import { describeServices, parseDescriptionText } from '@aster/description'
import { StatusCode } from '@aster/server'
import { expect, it } from 'vitest'
import { startOurProducer } from './our-producer.ts'
import { startPython } from './python-process.ts'
import { Interop } from './services.ts'

it.each(['xlang', 'json', 'proxy'])('is called and asked by Python in mode %s', async (mode) => {
  await using server = await startOurProducer({ reflection: true })
  const { child, exited, stderr } = startPython('reflection_consumer.py', [server.address, '--mode', mode])
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const line = JSON.parse(((await lines.next()).value as string | undefined) ?? '{}') as Record<string, unknown>
  expect(line, stderr()).toMatchObject({ missing: StatusCode.NOT_FOUND })
  expect(line['say']).toMatchObject({ text: expect.any(String) })
  const { services } = parseDescriptionText(String(line['description']))
  expect(services).toEqual(describeServices([Interop], { serializationModes: ['xlang'] }).services)
  expect(await exited, stderr()).toBe(0)
})
