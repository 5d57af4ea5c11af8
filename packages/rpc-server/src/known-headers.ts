import { HeaderTemplate } from '@aster/rpc-core/protocol'
import type { CallStream } from './call-stream.ts'

/** The most headers that are remembered for a connection. Each method takes one for each length of its call ids. */
const MOST = 16

/** A header that was read, and the call that it opened. */
interface KnownHeader {
  readonly template: HeaderTemplate
  readonly opened: CallStream
  /** Whether the codec has read a second header as the template predicts. */
  isSure: boolean
}

/**
 * The headers that were read on a connection. Headers of one method without metadata and deadline differ only in their call ids,
 * so later ones need not be decoded and resolved again.
 */
export class KnownHeaders {
  readonly #known: KnownHeader[] = []
  #next = 0

  /** Returns the call that a header opens, or `undefined` if the header is not known. */
  find(header: Uint8Array): CallStream | undefined {
    const known = this.#find(header)
    return known?.isSure === true ? withId(known.opened, known.template.idIn(header)) : undefined
  }

  /** Remembers a header that was decoded. */
  learn(header: Uint8Array, opened: CallStream): void {
    const { call } = opened
    if (call.deadlineEpochMs !== 0 || Object.keys(call.metadata).length > 0) return
    const known = this.#find(header)
    if (known !== undefined) {
      known.isSure = isSame(known.opened, opened) && known.template.idIn(header) === call.callId
      return
    }
    const template = HeaderTemplate.of(header, call.callId)
    if (template === undefined) return
    this.#known[this.#next] = { template, opened, isSure: false }
    this.#next = (this.#next + 1) % MOST
  }

  #find(header: Uint8Array): KnownHeader | undefined {
    for (const known of this.#known) if (known.template.matches(header)) return known
    return undefined
  }
}

function isSame({ call, service, format }: CallStream, other: CallStream): boolean {
  return call.method === other.call.method && service === other.service && format === other.format
}

/** Returns a call with another id. The metadata is a new object, since interceptors may add to it. */
function withId({ kind, service, call, format }: CallStream, callId: string): CallStream {
  const { service: definition, method, deadlineEpochMs } = call
  return { kind, service, call: { service: definition, method, callId, metadata: {}, deadlineEpochMs }, format }
}
