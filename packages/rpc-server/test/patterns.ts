// Calls in every pattern, of a shared service and in a session, in both formats. The consumer writes raw frames.
import {
  bidiStream,
  clientStream,
  type Codec,
  defineService,
  type HandlerContext,
  implement,
  type Infer,
  type MethodKind,
  serverStream,
  type ServiceLike,
  unary,
} from '@aster/rpc-core'
import { decodeStatus, FrameFlag, FrameStream, RpcStatus } from '@aster/rpc-core/protocol'
import { type ServedConnection, type ServeOptions, serveConnection } from '@aster/rpc-server'
import { type MemoryConnection, memoryPair } from '@aster/transport-memory'
import { call, data, header, Item, json, trailer, xlang } from './raw-frames.ts'

type Item = Infer<typeof Item>

const methods = {
  unary: unary(Item, Item),
  serverStream: serverStream(Item, Item),
  clientStream: clientStream(Item, Item),
  bidiStream: bidiStream(Item, Item),
}
export const Shared = defineService({ name: 'Shared', methods })
export const InSession = defineService({ name: 'InSession', scope: 'session', methods })

export type Scope = 'shared' | 'session'
export const kinds: readonly MethodKind[] = ['unary', 'serverStream', 'clientStream', 'bidiStream']
export const scopes: readonly Scope[] = ['shared', 'session']

/** Every pattern, of a shared service and in a session. */
export const patterns: readonly (readonly [MethodKind, Scope])[] = kinds.flatMap((kind) =>
  scopes.map((scope) => [kind, scope] as const),
)
/** Every pattern, of a shared service and in a session, in both formats. */
export const allCalls: readonly (readonly [MethodKind, Scope, string, Codec])[] = patterns.flatMap(([kind, scope]) => [
  [kind, scope, 'JSON', json] as const,
  [kind, scope, 'XLANG', xlang] as const,
])

export const isStreamed = (kind: MethodKind): boolean => kind === 'serverStream' || kind === 'bidiStream'

export type Handler = (request: never, context: HandlerContext) => unknown

/** Returns both services, with one handler for every method. */
export function servicesOf(handler: Handler): readonly ServiceLike[] {
  const handlers = Object.fromEntries(kinds.map((kind) => [kind, handler])) as never
  return [implement(Shared, handlers), implement(InSession, () => handlers)]
}

/** Returns an object that `await` waits for and that is not a promise. */
export const thenable = (
  then: (done: (value: unknown) => void, failed: (error: unknown) => void) => void,
  // oxlint-disable-next-line unicorn/no-thenable
): unknown => ({ then })

/** The answer to a call. */
export interface Answer {
  readonly responses: readonly Item[]
  /** The trailer. The only response of a call in a session has no trailer after it. */
  readonly status: RpcStatus | undefined
  readonly end: 'open' | 'finished' | 'reset'
}

/** The fields of a call's header. */
type Fields = Parameters<typeof call>[0]

/** A served connection, and a consumer that makes calls on it. */
export class Pair {
  readonly connection: MemoryConnection
  readonly served: ServedConnection
  readonly #sessions = new Map<Codec, FrameStream>()

  constructor(handler: Handler, options: Partial<ServeOptions> = {}) {
    const [connection, producer] = memoryPair()
    this.connection = connection
    this.served = serveConnection(producer, { services: servicesOf(handler), codecs: [json, xlang], ...options })
  }

  async close(): Promise<void> {
    this.connection.close()
    await this.served.done
  }

  /** Makes a call with two requests, or with one if the pattern has only one. Returns the answer. */
  async call(kind: MethodKind, scope: Scope, codec: Codec = json, fields: Fields = {}): Promise<Answer> {
    const frames = await this.start(kind, scope, codec, fields)
    if (scope === 'shared') await frames.finish()
    return readAnswer(frames, scope === 'session' && !isStreamed(kind), codec)
  }

  /** Begins a call. The caller reads the answer and ends the stream. */
  async start(kind: MethodKind, scope: Scope, codec: Codec = json, fields: Fields = {}): Promise<FrameStream> {
    const frames = await this.open(scope, codec, { ...fields, method: methodName(kind) })
    const isSession = scope === 'session'
    const takesStream = kind === 'clientStream' || kind === 'bidiStream'
    const requests = [{ text: 'one' }, { text: 'two' }].slice(0, takesStream ? 2 : 1)
    for (const request of requests) void frames.queue(0, data(request, codec).payload)
    if (isSession && takesStream) void frames.queue(FrameFlag.TRAILER, trailer(0, codec).payload)
    return frames
  }

  /** Sends the header of a call. All calls in a session of one format are of the same session. */
  async open(scope: Scope, codec: Codec, fields: Fields): Promise<FrameStream> {
    let frames = scope === 'session' ? this.#sessions.get(codec) : undefined
    if (frames === undefined) {
      frames = new FrameStream(await this.connection.openStream())
      const opening = scope === 'session' ? { service: 'InSession' } : { ...fields, service: 'Shared' }
      void frames.queue(FrameFlag.HEADER, header(opening, codec).payload)
    }
    if (scope === 'session') {
      this.#sessions.set(codec, frames)
      void frames.queue(FrameFlag.CALL, call(fields, codec).payload)
    }
    return frames
  }
}

const methodName = (kind: MethodKind): string => Shared.methods[kind as 'unary'].wireName

/** Reads up to the trailer, or to the only response. */
export async function readAnswer(frames: FrameStream, isOnlyResponse: boolean, codec: Codec): Promise<Answer> {
  const responses: Item[] = []
  try {
    for (let frame; (frame = await frames.read()) !== undefined;) {
      if ((frame.flags & FrameFlag.TRAILER) !== 0)
        return { responses, status: decodeStatus(frame.payload, codec, codec === json ? xlang : json), end: 'open' }
      responses.push(codec.decode(Item, frame.payload))
      if (isOnlyResponse) return { responses, status: undefined, end: 'open' }
    }
    return { responses, status: undefined, end: 'finished' }
  } catch {
    return { responses, status: undefined, end: 'reset' }
  }
}

/** Returns a logger, and the lines that it writes. */
export function recordedLog(): { lines: string[]; errors: unknown[]; logger: NonNullable<ServeOptions['logger']> } {
  const lines: string[] = []
  const errors: unknown[] = []
  const note =
    (level: string) =>
    (fields: object, message: string): void => {
      lines.push(`${level} ${message}`)
      if ('err' in fields) errors.push(fields.err)
    }
  return {
    lines,
    errors,
    logger: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
  }
}
