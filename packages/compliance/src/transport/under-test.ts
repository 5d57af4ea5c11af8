import {
  type ByteStream,
  type Connection,
  type Transport,
  TransportError,
  type TransportErrorKind,
} from '@aster/rpc-core'
import { expect, it } from 'vitest'

/** Streams that the producer lets the consumer have open at a time: those of iroh and of most QUIC stacks. */
export const MAX_STREAMS = 100

/** Two fresh transports that can dial each other. The producer allows 100 streams at a time on a connection. */
export interface TransportUnderTest<Address> {
  readonly consumer: Transport<Address>
  readonly producer: Transport<Address>
  /** The id that a peer with this address proves. */
  readonly idOf: (address: Address) => string
  /** An address where nobody ever answers. */
  readonly nobody: Address
  /** Loses a connection as a network does, where that can be brought about at once. */
  readonly lose?: (connection: Connection) => void
  /** Ends the producer's `listen` as a fault underneath does, where that can be brought about. */
  readonly breakListener?: () => void | Promise<void>
  /** Runs after each case; transports may be closed already. */
  readonly teardown: () => Promise<void>
}

/** Called anew for each case. */
export type TransportSetup<Address> = () => Promise<TransportUnderTest<Address>>

export const ALPN = 'aster-compliance/1'

/** A connection seen from both of its ends, with the streams that arrive at each. */
export interface Link {
  readonly ours: Connection
  readonly theirs: Connection
  readonly atOurs: AsyncIterator<ByteStream, undefined>
  readonly atTheirs: AsyncIterator<ByteStream, undefined>
  /** A stream that the consumer opens, seen from both ends, once `hello` has gone over it. */
  readonly stream: () => Promise<[ours: ByteStream, theirs: ByteStream]>
}

export interface World<Address> extends TransportUnderTest<Address> {
  /** Connects the consumer to the producer. The producer listens from the first call on. */
  readonly link: () => Promise<Link>
  /** Ends the case: the transport cannot do what it is about. */
  readonly skip: (reason: string) => never
}

/** Declares cases: each gets transports of its own, which are closed behind it. */
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

/** The value of a result that is not the end. */
export function expectNext<T>({ done, value }: IteratorResult<T, undefined>): T {
  if (done) expect.fail('expected another one, found the end')
  return value
}

/** What `promise` fails with: a `TransportError` of this kind, and of this code where one is given. */
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

/** What a call throws at once. */
export async function expectThrown(run: () => unknown, kind: TransportErrorKind): Promise<TransportError> {
  return expectFailure(
    (async () => {
      run()
    })(),
    kind,
  )
}

/** Writes until that fails, and gives the failing promise. */
export async function writeUntilFailure(stream: ByteStream, size = 1000): Promise<never> {
  const bytes = new Uint8Array(size)
  for (;;) await stream.write(bytes)
}

export function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Bytes that differ by their place, so that any loss, doubling or exchange shows. */
export function patternedBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed >>> 0 || 1
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

/** Everything up to the clean end. */
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

/** Reads until `length` bytes have come, and takes them for text. */
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

/** Fails quickly and with a diff that is of use. */
export function expectSameBytes(found: Uint8Array, expected: Uint8Array): void {
  expect(found.length).toBe(expected.length)
  const at = found.findIndex((byte, i) => byte !== expected[i])
  expect(at, 'the place of the first byte that differs').toBe(-1)
}
