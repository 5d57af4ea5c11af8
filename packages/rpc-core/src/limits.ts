/** Every numeric limit of the protocol and of this implementation; `LIMITS.md` explains each. */
export const LIMITS = {
  /** The largest value of a frame's length field: flags byte and payload, in bytes. */
  frameLength: 16_777_216,
  /** The largest value of the length field of a HEADER, CALL or CANCEL frame, and of the first frame of a stream. */
  controlFrame: 65_536,
  /** The largest payload after decompression, in bytes. */
  decompressed: 16_777_216,
  /** Payloads above this many bytes are compressed where the stream has a compression. */
  compressAbove: 4_096,
  /** Bytes queued for sending on one stream before the sender waits. */
  queuedBytes: 262_144,
  /** Bytes of answers that wait on one connection before further answers wait for their turn. */
  connectionQueuedBytes: 16_777_216,
  /** Bytes of one connection that are reserved for frames that have begun, by their announced lengths. */
  connectionReceivedBytes: 33_554_432,
  /** Items of one client stream that a producer takes. */
  clientStreamItems: 100_000,
  /** Characters of the name of a service or a method in a header. */
  headerName: 256,
  /** Characters of the id of a call or a session in a header. */
  callId: 256,
  metadataEntries: 64,
  /** Characters of a metadata key. */
  metadataKey: 256,
  /** Characters of a metadata value. */
  metadataValue: 4_096,
  /** All metadata keys and values of a call together, in bytes of UTF-8. */
  metadataTotal: 8_192,
  /** Characters of the message of a status that is sent; the rest is cut off. */
  statusMessage: 4_096,
  /** Characters of the message of a status that is read (quirk 8 of docs/python-0.1.md); the rest is cut off. */
  receivedStatusMessage: 16_384,
  /** Levels of nesting in a message. */
  nestingDepth: 100,
  /** One direction of an admission handshake, in bytes. */
  admissionMessage: 65_536,
  /** Services in an admission answer. */
  services: 10_000,
  /** Channels of one service. */
  channels: 100,
  /** Endpoints of an admission answer that a client dials, beside the one that admits it. */
  admittedEndpoints: 15,
  /** Bidirectional streams open at a time on one connection; the next one waits. */
  streamsPerConnection: 100,
} as const
