/** Where a peer is: its id, and what may help to reach it. */
export interface NodeAddr {
  /** The peer's ed25519 public key: 64 lower-case hex digits. */
  readonly endpointId: string
  /** The peer's home relay. */
  readonly relayUrl?: string | undefined
  /** `ip:port` or `[v6]:port` each. */
  readonly addresses: readonly string[]
}
