/** A part of the program that takes what others wrote. */
export interface Target {
  readonly name: string
  /** Good inputs: from golden vectors and recorded conversations. */
  seeds(): readonly Uint8Array[]
  /** Words of the format, beside those of the seeds. */
  readonly tokens?: readonly string[]
  /** The longest input, in bytes. @default 4096 */
  readonly maxLength?: number
  /** Throws, or rejects, if the input shows a defect. */
  run(input: Uint8Array): void | Promise<void>
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const bytesOf = (text: string): Uint8Array => encoder.encode(text)

/** Bytes as a text; what is no UTF-8 becomes U+FFFD. */
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes)
