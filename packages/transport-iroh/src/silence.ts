/** Milliseconds that a peer may be silent by default if this side dialled it. */
export const DIALLED_SILENCE_MS = 15_000
/** Milliseconds that a peer may be silent by default if the peer dialled. */
export const ACCEPTED_SILENCE_MS = 30_000
/** The least silence allowed while several paths are open: iroh takes 15.1 s to replace a lost path by another one. */
export const SEVERAL_PATHS_MS = 20_000
/** The silence allowed on a loopback path, beside the time of some round trips. */
export const LOOPBACK_SILENCE_MS = 2_000
/** Round trips that are added to the silence allowed on a loopback path. */
export const LOOPBACK_ROUND_TRIPS = 40
/** The most silence allowed on a loopback path, with its round trips. */
export const MAX_LOOPBACK_SILENCE_MS = 10_000
