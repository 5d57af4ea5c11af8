import { AsterClient, AsterConfig } from '@aster/client'
import { formatTicket, generateKeyPair } from '@aster/identity'
import { it } from 'vitest'
it('x', async () => {
  const config = AsterConfig.from({ relayMode: 'disabled', bindAddr: '127.0.0.1:0', secretKey: generateKeyPair().secretKey.reveal() })
  const c = new AsterClient({ config, endpointAddr: formatTicket({ endpointId: generateKeyPair().publicKey, addresses: ['127.0.0.1:9'] }) })
  const t = performance.now()
  const r = c.connect({ signal: AbortSignal.timeout(100) }).catch((e: unknown) => String(e))
  console.log(await r, c.state, performance.now() - t)
  const r2 = c.connect().catch((e: unknown) => String(e))
  await new Promise((s) => setTimeout(s, 100))
  console.log(c.state)
  await c.close()
  console.log(await r2, c.state, performance.now() - t)
}, 60000)
