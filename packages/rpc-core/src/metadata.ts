/** Text pairs that travel beside a call, from the caller to the handler. At most 64 pairs and 8,192 bytes in all. */
export type Metadata = Readonly<Record<string, string>>
