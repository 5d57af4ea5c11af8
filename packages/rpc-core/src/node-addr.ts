/** The address of a peer: its id, and hints for reaching it. */
export interface NodeAddr {
  /** The peer's ed25519 public key as 64 lower-case hex digits. */
  readonly endpointId: string
  /** The URL of the peer's home relay, if it has one. */
  readonly relayUrl?: string | undefined
  /** Socket addresses of the peer, each `ip:port` or `[v6]:port`. */
  readonly addresses: readonly string[]
}
