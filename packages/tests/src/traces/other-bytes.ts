import { type Frame, FrameFlag } from '@aster/rpc-core/protocol'

/** The known reasons why the same meaning has other bytes. */
export type OtherBytes =
  | 'an error in a JSON stream is JSON'
  | 'JSON is compressed, too'
  | 'what does not shrink is not compressed'
  | 'JSON is UTF-8, not ASCII'
  | 'a fraction of 0 is not written'

export type OtherBytesTable = Readonly<Partial<Record<OtherBytes, readonly string[]>>>

const HEADERS = FrameFlag.HEADER | FrameFlag.CALL

/** Collects the conversations in which frames have the meaning of the recorded ones in other bytes. */
export class OtherBytesFound {
  readonly #found = new Map<OtherBytes, Set<string>>()

  /** Compares the frames, except for headers, whose ids differ. */
  note(conversation: string, ours: readonly Frame[], recorded: readonly Frame[]): void {
    for (const [i, frame] of recorded.entries()) {
      const how = (frame.flags & HEADERS) === 0 ? otherBytes(ours[i] as Frame, frame) : undefined
      if (how !== undefined) this.#found.set(how, (this.#found.get(how) ?? new Set()).add(conversation))
    }
  }

  get table(): OtherBytesTable {
    return sorted(Object.fromEntries([...this.#found].map(([how, names]) => [how, [...names]])))
  }
}

export function sorted(table: OtherBytesTable): OtherBytesTable {
  return Object.fromEntries(Object.entries(table).map(([how, names]) => [how, [...names].sort()]))
}

const isJson = ({ payload }: Frame): boolean => payload[0] === 0x7b
const isCompressed = ({ flags }: Frame): boolean => (flags & FrameFlag.COMPRESSED) !== 0

/** Returns how two frames of the same meaning differ; `undefined` if their bytes are equal. */
function otherBytes(ours: Frame, recorded: Frame): OtherBytes | undefined {
  if (ours.flags === recorded.flags && Buffer.compare(ours.payload, recorded.payload) === 0) return undefined
  // Another version of zstd may compress to other bytes.
  if (isCompressed(ours) && isCompressed(recorded)) return undefined
  if (isCompressed(ours)) return 'JSON is compressed, too'
  if (isCompressed(recorded)) return 'what does not shrink is not compressed'
  if (isJson(ours) && !isJson(recorded)) return 'an error in a JSON stream is JSON'
  const text = new TextDecoder().decode(recorded.payload)
  if (text.includes('\\u')) return 'JSON is UTF-8, not ASCII'
  if (text.includes('.0')) return 'a fraction of 0 is not written'
  throw new Error(`the same meaning in other bytes: ${text}`)
}
