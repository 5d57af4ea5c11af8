/** The protocol of calls and sessions. */
export const RPC_ALPN = 'aster/1'
/** The protocol of the handshake before the first call. */
export const ADMISSION_ALPN = 'aster.consumer_admission'
/** The application code with which a producer closes a connection from a peer that it has not admitted. */
export const NOT_ADMITTED = 403
/** The application code with which a side closes a connection on which nothing arrives from the peer any more. */
export const PEER_SILENT = 408
/** The application code with which a side closes a connection whose peer violates the protocol. */
export const PROTOCOL_VIOLATION = 400
/** The application code with which a producer closes a connection above its limit. */
export const TOO_MANY = 429
