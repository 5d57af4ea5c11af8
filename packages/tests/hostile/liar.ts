import { ADMISSION, CALLS, keep, numbers, type RawConnection, rawEndpoint, type RawStream, readText } from './raw.ts'

export interface Admission {
  readonly admitted: boolean
  readonly attributes: Readonly<Record<string, string>>
  readonly services: readonly Readonly<Record<string, unknown>>[]
  readonly registry_namespace: string
  readonly root_pubkey: string
  readonly reason: string
}

export interface LiarOptions {
  /** Returns the answer to a request for admission, given the honest one. */
  readonly answer?: (honest: Admission) => unknown
  readonly onAdmission?: (connection: RawConnection) => Promise<void>
  /** Receives the stream of each call. */
  readonly onCall?: (stream: RawStream) => Promise<void>
}

/** Starts a producer that is written by hand and may break every rule. */
export async function startLiar({ answer, onAdmission, onCall }: LiarOptions): Promise<{ endpointAddr: string }> {
  const endpoint = await rawEndpoint()
  endpoint.setAlpns([numbers(ADMISSION), numbers(CALLS)])
  const endpointAddr = nodeAddr(endpoint.id().toString(), endpoint.addr().directAddresses())
  const offer = (name: string, pattern: string) => ({
    name,
    version: 1,
    contract_id: '',
    channels: { rpc: endpointAddr },
    pattern,
    serialization_modes: ['json'],
  })
  const honest: Admission = {
    admitted: true,
    attributes: {},
    services: [offer('Work', 'shared'), offer('Counter', 'session')],
    registry_namespace: '',
    root_pubkey: 'ab'.repeat(32),
    reason: '',
  }
  const admit = async (connection: RawConnection): Promise<void> => {
    if (onAdmission) return onAdmission(connection)
    const stream = keep(await connection.acceptBi())
    await readText(stream, 3_000)
    const text = answer ? answer(honest) : honest
    await stream.send.writeAll(numbers(typeof text === 'string' ? text : JSON.stringify(text)))
    await stream.send.finish()
  }
  const serve = async (connection: RawConnection): Promise<void> => {
    connection.setMaxConcurrentBiStreams(1_024n)
    for (;;) {
      const stream = keep(await connection.acceptBi())
      void onCall?.(stream).catch(() => {})
    }
  }
  const accept = async (): Promise<void> => {
    for (;;) {
      const incoming = await endpoint.acceptNext()
      if (incoming === null) return
      const accepted = async (): Promise<void> => {
        const connection = keep(await (await incoming.accept()).connect())
        await (Buffer.from(connection.alpn()).toString() === CALLS ? serve(connection) : admit(connection))
      }
      void accepted().catch(() => {})
    }
  }
  void accept().catch(() => {})
  return { endpointAddr }
}

/** Returns the address of an endpoint as producers write it. */
export function nodeAddr(endpointId: string, addresses: readonly string[]): string {
  return Buffer.from([endpointId, '', ...addresses].join('\n')).toString('base64')
}

/** Returns a promise that outlasts every test. */
export function silence(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 60_000).unref())
}
