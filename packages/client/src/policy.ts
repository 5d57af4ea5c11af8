/** The names of all policies. */
export const POLICIES = ['pick-first', 'round-robin', 'least-pending'] as const

/**
 * The way in which calls are distributed over several producers.
 *
 * - `pick-first`: all calls go to the first address that works, in the order of the option, for as long as it works
 * - `round-robin`: calls go to all producers that work, in turn
 * - `least-pending`: a call goes to the producer with the fewest running calls and sessions
 */
export type Policy = (typeof POLICIES)[number]
