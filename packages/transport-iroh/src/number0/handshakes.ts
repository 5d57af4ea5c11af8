import type { NativeIncoming } from './native.ts'

/** Handshakes in progress at a time. Each takes some 70 KB of memory for up to 30 s. */
const MAX_HANDSHAKES = 2_048
/**
 * From this many handshakes in progress on, a peer has to prove its address first, and the handshakes of an address are
 * counted.
 */
const CAREFUL_FROM = 128
/**
 * Counted handshakes of one address. Leaves room for the clients of a large network that reconnect together after an
 * outage.
 */
const MAX_PER_ADDRESS = 1_024

type Incoming = Pick<NativeIncoming, 'ignore' | 'remoteAddr' | 'remoteAddrValidated' | 'retry'>

/**
 * Bounds the handshakes of peers that dial. The addon cannot cancel a handshake, and keeps one that the peer never finishes
 * for 30 s. A handshake above the limit is ignored; the peer sends its first packet again a second later, and again after
 * that. While many handshakes are in progress, a peer first has to show that it receives at the address from which it
 * sends, for which no state is kept.
 */
export class Handshakes {
  #count = 0
  readonly #byAddress = new Map<string, number>()

  /** Runs `shake` if there is room for another handshake. Rejects with the error of the addon or of `shake`. */
  async run(incoming: Incoming, shake: () => Promise<void>): Promise<void> {
    if (this.#count >= MAX_HANDSHAKES) return incoming.ignore()
    const careful = this.#count >= CAREFUL_FROM
    this.#count++
    try {
      await (careful ? this.#runCounted(incoming, shake) : shake())
    } finally {
      this.#count--
    }
  }

  async #runCounted(incoming: Incoming, shake: () => Promise<void>): Promise<void> {
    if (!(await incoming.remoteAddrValidated())) return incoming.retry()
    const { addr = '', endpointId } = await incoming.remoteAddr()
    const key = endpointId ?? hostOf(addr)
    const ofAddress = this.#byAddress.get(key) ?? 0
    if (ofAddress >= MAX_PER_ADDRESS) return incoming.ignore()
    this.#byAddress.set(key, ofAddress + 1)
    try {
      await shake()
    } finally {
      const left = (this.#byAddress.get(key) ?? 1) - 1
      if (left === 0) this.#byAddress.delete(key)
      else this.#byAddress.set(key, left)
    }
  }
}

/** Returns the host of `ip:port`. For an IPv6 address, returns the first four groups, which belong to one network. */
function hostOf(address: string): string {
  const host = address.replace(/:\d+$/, '')
  return host.startsWith('[') ? host.slice(1, -1).split(':', 4).join(':') : host
}
