// The handlers of `services.py` in TypeScript, as the consumer of Python expects them.
import { AsterError, type HandlerContext, implement, RpcError, StatusCode, type t } from '@aster/server'
import { type Ask, Counter, Interop, Later } from './services.ts'
import { patternBytes } from './values.ts'

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    })
  })

type Request = t.Infer<typeof Ask>

function raise({ text, count }: Request): never {
  if (text === 'crash') throw new AsterError('handler crashed')
  if (text.startsWith('details:'))
    throw new RpcError(count, text.slice(8), { details: { reason: 'because', retry: 'no' } })
  throw new RpcError(count, text)
}

const describeContext = ({ service, method, callId, peer, metadata }: HandlerContext) => ({
  text: JSON.stringify({ service, method, call_id: callId, peer: peer.id, metadata, attributes: peer.attributes }),
  count: Object.keys(metadata).length,
})

const handlersOfBoth = {
  async sleep({ count }: Request, { signal }: HandlerContext) {
    await pause(count, signal)
    return { text: 'slept', count }
  },
  text: ({ text, count }: Request) => ({ text: text.repeat(count), count }),
  context: (_request: Request, context: HandlerContext) => describeContext(context),
  async *tick({ text, count }: Request, { signal }: HandlerContext) {
    for (let i = 0; text === '' || i < Number(text); i++) {
      yield { text: 'tick', count: i }
      await pause(count, signal)
    }
  },
}

export const interop = implement(Interop, {
  ...handlersOfBoth,
  say: ({ text, count }) => ({ text: `hello ${text}`, count }),
  echo: (request) => request,
  plain: (request) => request,
  paint: (request) => request,
  blob: (request) => request,
  make: ({ text, count }) => ({ data: text === 'zero' ? new Uint8Array(count) : patternBytes(count) }),
  fail: raise,
  metadata: (_request, { metadata }) => ({ text: JSON.stringify(metadata), count: Object.keys(metadata).length }),
  stats: () => ({ text: '{}', count: 0 }),
  async *countUp({ text, count }) {
    if (text === 'first') throw new RpcError(StatusCode.ABORTED, 'failed before the items')
    for (let i = 0; i < count; i++) yield { text, count: i }
    if (text === 'fail') throw new RpcError(StatusCode.ABORTED, 'failed after the items')
    if (text === 'crash') throw new AsterError('crashed after the items')
  },
  async *makeMany({ text, count }) {
    for (let i = 0; i < Number(text); i++) yield { data: patternBytes(count) }
  },
  async addUp(requests) {
    let total = 0
    const words: string[] = []
    for await (const { text, count } of requests) {
      if (text === 'fail') throw new RpcError(StatusCode.ABORTED, 'add_up failed')
      total += count
      words.push(text)
    }
    return { text: words.slice(0, 50).join(','), count: total }
  },
  async addSlowly(requests, { signal }) {
    let n = 0
    for await (const { count } of requests) {
      await pause(count, signal)
      n += 1
    }
    return { text: 'added', count: n }
  },
  async *chat(requests, { signal }) {
    for await (const { text, count } of requests) {
      if (text === 'fail') throw new RpcError(StatusCode.ABORTED, 'chat failed')
      if (text === 'end') return
      if (text === 'sleep') await pause(count, signal)
      yield { text: `echo ${text}`, count: count + 1 }
    }
  },
  async *talk(requests) {
    yield { text: 'welcome', count: 0 }
    let n = 0
    for await (const { text } of requests) yield { text: text.toUpperCase(), count: ++n }
    yield { text: 'goodbye', count: n }
  },
})

export const counter = implement(Counter, () => {
  let total = 0
  return {
    ...handlersOfBoth,
    add({ text, count }) {
      total += count
      if (text === 'fail') throw new RpcError(StatusCode.INVALID_ARGUMENT, 'no', { details: { lost: 'these' } })
      if (text === 'crash') throw new AsterError('session handler crashed')
      return { text: 'total', count: total }
    },
    async *history({ text, count }) {
      for (let i = 0; i < count; i++) yield { text: 'h', count: total + i }
      if (text === 'fail') throw new RpcError(StatusCode.ABORTED, 'history failed')
    },
    async addAll(requests) {
      for await (const { text, count } of requests) {
        if (text === 'fail') throw new RpcError(StatusCode.ABORTED, 'add_all failed')
        total += count
      }
      return { text: 'total', count: total }
    },
    async *chat(requests, { signal }) {
      for await (const { text, count } of requests) {
        if (text === 'fail') throw new RpcError(StatusCode.ABORTED, 'chat failed')
        if (text === 'end') return
        if (text === 'sleep') await pause(count, signal)
        total += count
        yield { text, count: total }
      }
    },
  }
})

export const later = implement(Later, { say: ({ text }) => ({ text: `later ${text}`, count: 3 }) })
