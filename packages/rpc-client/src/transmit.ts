import type { InterceptedCall, MethodKind, Next } from '@aster/rpc-core'
import { callFormat, encodeMessage } from '@aster/rpc-core/protocol'
import { isThenable } from '@aster/rpc-core/schema'
import type { CallFormat } from './call-format.ts'
import { Exchange } from './exchange.ts'
import { enterPhase, Phase, progressOf } from './progress.ts'
import type { Wire, WireOpener } from './wire.ts'

/**
 * Returns the function after the last interceptor, which sends a call over a wire. That function resolves to the only response, or
 * to an iterator of the responses.
 */
export function transmitter(opener: WireOpener): Next {
  return (call) => transmit(opener, call)
}

function transmit(opener: WireOpener, call: InterceptedCall): Promise<unknown> {
  const progress = progressOf(call)
  let isUnderWay = false
  try {
    const format = callFormat(opener.format, call)
    const { kind, request: type } = call.method
    const isSingle = kind === 'unary' || kind === 'serverStream'
    const request = isSingle ? encodeMessage(format, type, call.request) : undefined
    if (progress !== undefined) progress.underWay++
    isUnderWay = true
    const opened = opener.open(call, request)
    return isThenable(opened) ? exchangeLater(opened, call, format) : exchangeOver(opened, call, format)
  } catch (error) {
    if (isUnderWay && progress !== undefined) progress.underWay--
    return Promise.reject(error)
  }
}

async function exchangeLater(opening: Promise<Wire>, call: InterceptedCall, format: CallFormat): Promise<unknown> {
  let wire: Wire
  try {
    wire = await opening
  } catch (error) {
    const progress = progressOf(call)
    if (progress !== undefined) progress.underWay--
    throw error
  }
  return await exchangeOver(wire, call, format)
}

function exchangeOver(wire: Wire, call: InterceptedCall, format: CallFormat): Promise<unknown> {
  const { kind } = call.method
  enterPhase(call, firstPhases[kind])
  const exchange = new Exchange(call, format, wire)
  if (kind === 'clientStream' || kind === 'bidiStream') void exchange.sendAll(call.request)
  return kind === 'unary' || kind === 'clientStream' ? exchange.response() : Promise.resolve(exchange)
}

/** Kind of a method → the first phase of a call that has its wire. */
const firstPhases: Readonly<Record<MethodKind, Phase>> = {
  unary: Phase.ANSWER,
  serverStream: Phase.ANSWER,
  clientStream: Phase.REQUESTS,
  bidiStream: Phase.RESPONSES,
}
