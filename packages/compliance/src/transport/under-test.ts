import {
  type ByteStream,
  type Connection,
  type Transport,
  TransportError,
  type TransportErrorKind,
} from '@aster/rpc-core'
import { expect, it } from 'vitest'

/** The most streams that the producer allows the consumer to have open at a time, as iroh and most stacks of QUIC do. */
export const MAX_STREAMS = 100

/** Two new transports that can dial each other. The producer allows 100 streams at a time on a connection. */
export interface TransportUnderTest<Address> {
  /** The transport that dials. */
  readonly consumer: Transport<Address>
  /** The transport that listens. */
  readonly producer: Transport<Address>
  /** Returns the id of the peer with this address, which the peer proves when a connection is made. */
  readonly idOf: (address: Address) => string
  /** An address that never answers. */
  readonly nobody: Address
  /** Loses a connection as a network does. @default the case is skipped */
  readonly lose?: (connection: Connection) => void
  /** Ends the producer's `listen` with an error, as a failing socket does. @default the case is skipped */
  readonly breakListener?: () => void | Promise<void>
  /** Runs after each case. The transports may have been closed. */
  readonly teardown: () => Promise<void>
}

/** Makes the transports of one case. */
export type TransportSetup<Address> = () => Promise<TransportUnderTest<Address>>

export const ALPN = 'aster-compliance/1'

/** Both ends of a connection, with the streams that arrive at each. */
export interface Link {
  readonly ours: Connection
  readonly theirs: Connection
  readonly atOurs: AsyncIterator<ByteStream, undefined>
  readonly atTheirs: AsyncIterator<ByteStream, undefined>
  /** Opens a stream from the consumer. Resolves with both of its ends when `hello` has arrived on it. */
  readonly stream: () => Promise<[ours: ByteStream, theirs: ByteStream]>
}

export interface World<Address> extends TransportUnderTest<Address> {
  /** Connects the consumer to the producer, which listens from the first call on. */
  readonly link: () => Promise<Link>
  /** Skips the case, because the transport lacks an optional ability. */
  readonly skip: (reason: string) => never
}

/** Registers cases. Each case has transports of its own, which are closed after it. */
export interface TransportSuite {
  readonly test: (title: string, run: (world: World<unknown>) => Promise<void>) => void
}

export function createSuite<Address>(setup: TransportSetup<Address>): TransportSuite {
  return {
    test(title, run) {
      it(title, { timeout: 60_000 }, async ({ skip }) => {
        const world = await setup()
        let accepted: AsyncIterator<Connection, undefined> | undefined
        const link = async (): Promise<Link> => {
          accepted ??= iterate(world.producer.listen({ alpns: [ALPN] }))
          const ours = await world.consumer.connect(world.producer.localAddress, { alpn: ALPN })
          return createLink(ours, expectNext(await accepted.next()))
        }
        try {
          await run({ ...(world as unknown as TransportUnderTest<unknown>), link, skip })
        } finally {
          await world.teardown()
        }
      })
    },
  }
}

function createLink(ours: Connection, theirs: Connection): Link {
  const atTheirs = iterate(theirs.incomingStreams())
  return {
    ours,
    theirs,
    atOurs: iterate(ours.incomingStreams()),
    atTheirs,
    async stream() {
      const mine = await ours.openStream()
      await mine.write(encodeText('hello'))
      const stream = expectNext(await atTheirs.next())
      expect(await readText(stream, 5)).toBe('hello')
      return [mine, stream]
    },
  }
}

export function iterate<T>(source: AsyncIterable<T>): AsyncIterator<T, undefined> {
  return source[Symbol.asyncIterator]() as AsyncIterator<T, undefined>
}

/** Returns the value of a result. Fails the test at the end of the iterator. */
export function expectNext<T>({ done, value }: IteratorResult<T, undefined>): T {
  if (done) expect.fail('expected another one, found the end')
  return value
}

/** Returns the error of `promise`. Fails the test unless it is a `TransportError` of this kind, and of this code if there is one. */
export async function expectFailure(
  promise: Promise<unknown>,
  kind: TransportErrorKind,
  code?: number,
): Promise<TransportError> {
  const error: unknown = await promise.then(
    () => expect.fail(`expected a TransportError (${kind}), found a result`),
    (reason: unknown) => reason,
  )
  if (!(error instanceof TransportError)) throw error
  expect({ kind: error.kind, code: error.code ?? code }, error.message).toEqual({ kind, code: code ?? error.code })
  if (code !== undefined) expect(error.code, error.message).toBe(code)
  expect(error.message).not.toBe('')
  return error
}

/** Returns the error that a call throws synchronously. */
export async function expectThrown(run: () => unknown, kind: TransportErrorKind): Promise<TransportError> {
  return expectFailure(
    (async () => {
      run()
    })(),
    kind,
  )
}

/** Writes until a write fails. Rejects with its error. */
export async function writeUntilFailure(stream: ByteStream, size = 1000): Promise<never> {
  const bytes = new Uint8Array(size)
  for (;;) await stream.write(bytes)
}

export function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Returns bytes that depend on their position, so that a loss, a repetition or an exchange shows. */
export function patternedBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed >>> 0 || 1
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

/** Reads up to the clean end. */
export async function readAll(stream: ByteStream): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for (let piece; (piece = await stream.read()) !== undefined;) {
    expect(piece.length).toBeGreaterThan(0)
    pieces.push(piece)
  }
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/** Reads until `length` bytes have arrived, and decodes them as UTF-8. */
export async function readText(stream: ByteStream, length: number): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  while (text.length < length) {
    const piece = await stream.read()
    if (piece === undefined) expect.fail(`expected ${length} bytes, found the end after ${text.length}`)
    text += decoder.decode(piece, { stream: true })
  }
  return text
}

/** Compares bytes fast, and fails with a readable difference. */
export function expectSameBytes(found: Uint8Array, expected: Uint8Array): void {
  expect(found.length).toBe(expected.length)
  const at = found.findIndex((byte, i) => byte !== expected[i])
  expect(at, 'the place of the first byte that differs').toBe(-1)
}
