import { expect, it } from 'vitest'
import { RELAY_URL, startRelay } from './network.ts'
import { startConsumer, startProducer } from './programs.ts'

const token = 'the token of the relay'

it('a relay that demands a token serves those that have it', async () => {
  await startRelay({ token })
  const { ticket, relayUrl } = await startProducer({ ASTER_RELAY_TOKEN: token }).start()
  expect(relayUrl).toBe(RELAY_URL)
  const { paths } = await startConsumer({ ASTER_RELAY_TOKEN: token }).connect(ticket)
  expect(paths[0]?.kind).toBe('relay')
  await expect(startConsumer().connect(ticket, 2_000)).rejects.toThrow()
})
