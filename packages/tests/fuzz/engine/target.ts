/** A part of the program that reads input of others. */
export interface Target {
  readonly name: string
  /** Returns valid inputs, from golden vectors and recorded conversations. */
  seeds(): readonly Uint8Array[]
  /** Words of the format in addition to those of the seeds. @default none */
  readonly tokens?: readonly string[]
  /** The longest input, in bytes. @default 4096 */
  readonly maxLength?: number
  /** Throws or rejects if the input shows a defect. */
  run(input: Uint8Array): void | Promise<void>
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const bytesOf = (text: string): Uint8Array => encoder.encode(text)

/** Decodes bytes as UTF-8; invalid sequences become U+FFFD. */
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes)
