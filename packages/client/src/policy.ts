import type { Producer } from './producer.ts'

/** How calls are spread over several addresses. */
export const POLICIES = ['pick-first', 'round-robin', 'least-pending'] as const

/**
 * - `pick-first`: the first address that works, in the order given, for as long as it works
 * - `round-robin`: all that work in turn
 * - `least-pending`: the one with the fewest calls and sessions under way
 */
export type Policy = (typeof POLICIES)[number]

/** Chooses among producers that work, in the order of their addresses; there is at least one. */
export type Chooser = (ready: readonly Producer[]) => Producer | undefined

export function chooserFor(policy: Policy): Chooser {
  let turn = 0
  let current: Producer | undefined
  switch (policy) {
    case 'pick-first':
      return (ready) => {
        if (current === undefined || !ready.includes(current)) current = ready[0]
        return current
      }
    case 'round-robin':
      return (ready) => ready[turn++ % ready.length]
    case 'least-pending':
      // Of those with equally many the next in turn: else the first would get every call that has no other beside it.
      return (ready) => {
        const rotated = ready.map((_, i) => ready[(turn + i) % ready.length] as Producer)
        turn += 1
        return rotated.reduce((least, one) => (one.pending < least.pending ? one : least))
      }
  }
}
