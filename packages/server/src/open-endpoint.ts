import { join } from 'node:path'
import type { Logger } from '@aster/rpc-core'
import { AdmissionError, MemoryNonceStore, type NonceStore } from '@aster/admission'
import { FileNonceStore } from '@aster/admission/node'
import { type AsterConfig, ConfigError } from '@aster/config'
import { IrohTransport, type IrohTransportOptions } from '@aster/transport-iroh'

/** Streams that QUIC grants a peer before the server can set another number. */
const GRANTED_STREAMS = 100

/**
 * Binds an iroh transport.
 *
 * @throws AsterError if the socket cannot be bound
 */
export function bindTransport(
  { secretKey, relayMode, relayToken, discovery, bindAddr, deadPeerMs }: AsterConfig,
  maxConcurrentStreams: number | undefined,
  logger: Logger | undefined,
): Promise<IrohTransport> {
  return IrohTransport.bind({
    relayMode: toRelayMode(relayMode),
    ...(secretKey && { secretKey }),
    relayToken,
    discovery,
    ...(bindAddr !== undefined && { bindAddr }),
    ...(deadPeerMs !== undefined && { deadPeerMs }),
    ...(maxConcurrentStreams !== undefined && { maxStreams: Math.max(GRANTED_STREAMS, maxConcurrentStreams) }),
    logger,
  })
}

function toRelayMode(mode: AsterConfig['relayMode']): NonNullable<IrohTransportOptions['relayMode']> {
  return mode === 'default' || mode === 'disabled' || mode === 'staging' ? mode : { urls: [mode] }
}

/**
 * Returns the store that records the use of one-time credentials.
 *
 * @throws ConfigError if the storage path cannot be used
 */
export async function openNonceStore(config: AsterConfig): Promise<NonceStore> {
  const { storagePath } = config
  if (storagePath === undefined) return new MemoryNonceStore()
  try {
    return await FileNonceStore.open(join(storagePath, 'used-nonces'))
  } catch (error) {
    if (!(error instanceof AdmissionError)) throw error
    const source = config.origin('storagePath')
    const expected = 'a folder where the use of one-time credentials can be recorded'
    const message = `storagePath (${source}): ${error.message}`
    throw new ConfigError([{ field: 'storagePath', source, found: storagePath, expected, message }])
  }
}
