const prefix = Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(36).padStart(2, '0')).join(
  '',
)
let count = 0

/**
 * Returns an id that is unique in this process, and practically unique across processes. It is short, because every header
 * has one.
 */
export function nextCallId(): string {
  count += 1
  return `${prefix}-${count.toString(36)}`
}
