/** The numeric limits of the protocol and of this implementation. `LIMITS.md` explains each of them. */
export const LIMITS = {
  /** The largest value of a frame's length field, in bytes: the flags byte and the payload. */
  frameLength: 16_777_216,
  /**
   * The largest value of the length field of a HEADER, CALL or CANCEL frame and of the first frame of a stream, in bytes.
   */
  controlFrame: 65_536,
  /** The largest payload after decompression, in bytes. */
  decompressed: 16_777_216,
  /** The largest payload that is never compressed, in bytes. A larger one is compressed if the stream has a compression. */
  compressAbove: 4_096,
  /** The most bytes that are queued on one stream before the sender waits. */
  queuedBytes: 262_144,
  /** The most bytes of answers that wait on one connection before further answers wait for their turn. */
  connectionQueuedBytes: 16_777_216,
  /** The most bytes that one connection reserves for frames that have begun. A frame reserves the length that it announces. */
  connectionReceivedBytes: 33_554_432,
  /** The most items that a producer accepts in one client stream. */
  clientStreamItems: 100_000,
  /** The most characters of the name of a service or a method in a header. */
  headerName: 256,
  /** The most characters of the id of a call or a session in a header. */
  callId: 256,
  /** The most metadata entries of a call. */
  metadataEntries: 64,
  /** The most characters of a metadata key. */
  metadataKey: 256,
  /** The most characters of a metadata value. */
  metadataValue: 4_096,
  /** The most bytes of all metadata keys and values of a call together, in UTF-8. */
  metadataTotal: 8_192,
  /** The most characters of a status message that is sent. A longer message is cut. */
  statusMessage: 4_096,
  /**
   * The most characters of a status message that is read. It is larger than `statusMessage`, since Python producers of
   * 0.1.x do not cut messages. See quirk 8 of docs/python-0.1.md.
   */
  receivedStatusMessage: 16_384,
  /** The most levels of nesting in a message. */
  nestingDepth: 100,
  /** The most bytes that either side sends in an admission handshake. */
  admissionMessage: 65_536,
  /** The most bytes of a producer's description of itself, in JSON. */
  description: 4_194_304,
  /** The most values in a description, and in the defaults of all its structs together. */
  describedValues: 500_000,
  /** The most services in an admission answer. */
  services: 10_000,
  /** The most channels of one service. */
  channels: 100,
  /** The most endpoints of an admission answer that a client dials, in addition to the endpoint that admits the client. */
  admittedEndpoints: 15,
  /** The most bidirectional streams that are open at a time on one connection. The next stream waits. */
  streamsPerConnection: 100,
} as const
