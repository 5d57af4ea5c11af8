const prefix = Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(36).padStart(2, '0')).join(
  '',
)
let count = 0

/** A short id, unique for this process and as good as unique among others: it is in every header. */
export function nextCallId(): string {
  count += 1
  return `${prefix}-${count.toString(36)}`
}
