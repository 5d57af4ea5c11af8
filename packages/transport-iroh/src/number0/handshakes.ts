import type { NativeIncoming } from './native.ts'

/** Some 70 KB of memory each, for up to 30 s. */
const MAX_HANDSHAKES = 2_048
/** From so many on, a peer has to prove its address first, and those of one address are counted. */
const CAREFUL_FROM = 128
/** Of one address, of those that are counted. Room for the clients of a large network that come at once behind an outage. */
const MAX_PER_ADDRESS = 1_024

type Incoming = Pick<NativeIncoming, 'ignore' | 'remoteAddr' | 'remoteAddrValidated' | 'retry'>

/**
 * The handshakes of peers that dial, which the addon cannot call off: a peer that never finishes its handshake holds it for 30 s.
 * One too many is ignored, for which the peer sends its first packet again a second later, and later still. While many are under
 * way, a peer has to show first that it receives at the address that it sends from, for which nothing is kept.
 */
export class Handshakes {
  #count = 0
  readonly #byAddress = new Map<string, number>()

  /** Runs `shake` if there is room for another handshake. Rejects with what the addon or `shake` fails with. */
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

/** Returns the host of `ip:port`; of an IPv6 address its first four groups, which are of one network. */
function hostOf(address: string): string {
  const host = address.replace(/:\d+$/, '')
  return host.startsWith('[') ? host.slice(1, -1).split(':', 4).join(':') : host
}
