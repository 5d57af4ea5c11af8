import { JsonCodec } from '@aster/codec-json'
import { type InterceptedCall, type MethodDefinition, type MethodKind, type RpcError, t } from '@aster/rpc-core'
import { encodeMessage, type Frame, FrameFlag, NEVER, RpcStatus } from '@aster/rpc-core/protocol'
import type { CallFormat } from '../src/call-format.ts'
import { Exchange } from '../src/exchange.ts'
import type { Wire } from '../src/wire.ts'

const Item = t.struct('test/Item', { count: t.int })
const codec = new JsonCodec()
export const format: CallFormat = { codec, statusCodec: undefined, mismatchHint: undefined }

export const response = (count: number): Frame => encodeMessage(format, Item, { count })
export const trailer = (code = 0, message = ''): Frame => ({
  flags: FrameFlag.TRAILER,
  payload: codec.encode(RpcStatus, { code, message }),
})
export const countOf = ({ payload }: Frame): number => codec.decode(Item, payload).count
/** Resolves when all work that needs no new input is done. */
export const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const item of items) all.push(item)
  return all
}

/** A frame, the end of the stream, or the error that breaks the stream. */
export type Arrival = Frame | 'end' | Error

/** A wire whose frames arrive when the test pushes them. It behaves as that of a stream or of a session. */
export class ScriptedWire implements Wire {
  isOpen = true
  failure: RpcError | undefined
  isFinished = false
  readonly trailerFollows: boolean
  /** The calls of the exchange, in order. */
  readonly log: string[] = []
  room: Promise<void> | undefined
  #arrived: Arrival[] = []
  #wake: (() => void) | undefined
  #ahead: Promise<Frame | undefined> | undefined

  constructor(kind: 'stream' | 'session' = 'stream') {
    this.trailerFollows = kind === 'stream'
  }

  arrive(...arrivals: readonly Arrival[]): void {
    this.#arrived.push(...arrivals)
    this.#wake?.()
  }

  queue(request: Frame): Promise<void> | undefined {
    this.log.push(`request ${countOf(request)}`)
    return this.room
  }

  finish(): undefined {
    this.isFinished = true
    this.log.push('finish')
  }

  next(): Promise<Frame | undefined> {
    return this.#ahead ?? this.#take()
  }

  peek(): Promise<Frame | undefined> {
    this.#ahead = this.#take()
    return this.#ahead
  }

  done(error: RpcError | undefined): void {
    this.log.push(`done ${error?.codeName ?? 'OK'}`)
  }

  cancel(error: RpcError): void {
    this.log.push(`cancel ${error.codeName}`)
    this.arrive('end')
  }

  async #take(): Promise<Frame | undefined> {
    while (this.#arrived.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
    const arrival = this.#arrived.shift()
    if (arrival instanceof Error) throw arrival
    return arrival === 'end' ? undefined : arrival
  }
}

export function callOf(kind: MethodKind, setting: Partial<InterceptedCall> = {}): InterceptedCall {
  const method: MethodDefinition = {
    name: 'go',
    wireName: 'go',
    kind,
    request: Item,
    response: Item,
    idempotent: false,
    timeoutMs: undefined,
  }
  return {
    side: 'client',
    service: { name: 'Test', version: 1, scope: 'shared', methods: { go: method } },
    method,
    callId: 'one',
    peer: { id: '', attributes: {} },
    request: undefined,
    metadata: {},
    deadline: undefined,
    signal: NEVER,
    ...setting,
  }
}

export function exchangeOf(kind: MethodKind, wire: Wire, setting: Partial<InterceptedCall> = {}): Exchange {
  return new Exchange(callOf(kind, setting), format, wire)
}

/** A source of requests that the test pushes. */
export function source(...counts: readonly number[]) {
  const left: unknown[] = []
  let asked = 0
  return {
    left,
    async next() {
      if (asked < counts.length) return { done: false, value: { count: counts[asked++] } }
      return new Promise<never>(() => {})
    },
    async return(error: unknown) {
      left.push(error)
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
