/** For how long a peer may be silent by default, before it counts as gone. */

/** Seen from the side that dialled, and from the side that was dialled. */
export const DIALLED_SILENCE_MS = 15_000
export const ACCEPTED_SILENCE_MS = 30_000
/** While several paths are open, at least: iroh takes 15.1 s to exchange a path that was lost for another one. */
export const SEVERAL_PATHS_MS = 20_000
/** On a loopback path: this and so many round trips, up to the most. */
export const LOOPBACK_SILENCE_MS = 2_000
export const LOOPBACK_ROUND_TRIPS = 40
export const MAX_LOOPBACK_SILENCE_MS = 10_000
