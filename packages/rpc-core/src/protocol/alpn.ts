/** Calls and sessions. */
export const RPC_ALPN = 'aster/1'
/** The handshake before them. */
export const ADMISSION_ALPN = 'aster.consumer_admission'
/** The application code with which a producer closes a connection of a peer that it has not admitted. */
export const NOT_ADMITTED = 403
/** The application code with which a side closes a connection on which nothing arrives from the peer any more. */
export const PEER_SILENT = 408
/** The application code with which a side closes a connection whose peer uses it in a way that the protocol has not. */
export const PROTOCOL_VIOLATION = 400
/** The application code with which a producer closes connections that are too many. */
export const TOO_MANY = 429
