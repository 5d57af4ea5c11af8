/** The policies by which calls are spread over several targets. */
export const POLICIES = ['pick-first', 'round-robin', 'least-pending'] as const

/**
 * - `pick-first`: the first address that works, in the order given, for as long as it works
 * - `round-robin`: all that work in turn
 * - `least-pending`: the one with the fewest calls and sessions under way
 */
export type Policy = (typeof POLICIES)[number]
