import { createSocket, type Socket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startRelay, until } from './network.ts'
import { startConsumer, startProducer } from './programs.ts'

/** The names in the DNS queries. */
const asked: string[] = []
let dns: Socket

beforeEach(async () => {
  asked.length = 0
  dns = createSocket('udp4')
  dns.on('message', (question, from) => {
    asked.push(nameIn(question))
    // Answers that the name does not exist.
    const answer = Buffer.from(question)
    answer[2] = 0x81
    answer[3] = 0x83
    dns.send(answer, from.port, from.address)
  })
  await new Promise<void>((resolve) => dns.bind(53, '10.7.0.1', resolve))
  writeFileSync('/etc/resolv.conf', 'nameserver 10.7.0.1\n')
})
afterEach(() => {
  dns.close()
  writeFileSync('/etc/resolv.conf', '')
})

it('the client sends no DNS queries with a relay of its own, unless discovery is on', async () => {
  await startRelay()
  const { ticket } = await startProducer().start()
  await startConsumer().connect(ticket)
  expect(asked).toEqual([])
  await startProducer({ ASTER_DISCOVERY: 'true' }).start()
  await until(
    async () => asked,
    (names) => names.some((name) => name.includes('iroh')),
  )
})

function nameIn(question: Buffer): string {
  const labels: string[] = []
  for (let at = 12; question[at]; at += 1 + (question[at] ?? 0))
    labels.push(question.toString('latin1', at + 1, at + 1 + (question[at] ?? 0)))
  return labels.join('.')
}
