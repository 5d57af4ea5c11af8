/** How many keys a loop over an object meets: its own, and what its class has enumerable. Without an array of them. */
export function countKeys(object: object): number {
  let keys = 0
  for (const _ in object) keys++
  return keys
}
