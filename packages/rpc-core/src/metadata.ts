/**
 * String pairs that accompany a call from the caller to the handler: at most 64 pairs, and at most 8,192 bytes in total.
 */
export type Metadata = Readonly<Record<string, string>>
