import { expect, it } from 'vitest'
import { runConsumer } from './python-consumer.ts'
import { startProducer } from './python-producer.ts'

it('both sides of Python work with each other, so that a failure elsewhere is ours', async () => {
  await using producer = await startProducer()
  expect(producer.services.map(({ name, version }) => `${name} v${version}`).sort()).toEqual([
    'Counter v2',
    'Guarded v1',
    'Interop v1',
    'Later v3',
  ])
  const report = await runConsumer(producer.ticket, ['--only', 'unary/', '--only', 'bidi/'])
  expect(report).toMatchObject({ ok: true, failed: [], serialization: 'xlang' })
})

it('the Python producer ends when it is stopped and when it is killed', async () => {
  const stopped = await startProducer()
  await stopped.stop()
  const killed = await startProducer()
  killed.kill()
  await killed.stop()
  for (const { pid } of [stopped, killed]) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

it('the error has the output of Python if the producer does not start', async () => {
  await expect(startProducer(['--nonsense'])).rejects.toThrow(/ended \(2\) before it was ready:[^]*--nonsense/)
  await expect(runConsumer('nonsense', ['--mode', 'wrong'])).rejects.toThrow(/ended \(2\) without a report/)
})
