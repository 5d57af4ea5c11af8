/** The part of Node's `setImmediate` that is used here. Browsers do not have it. */
type Immediate = (callback: () => void) => unknown

const immediate = (globalThis as { setImmediate?: Immediate }).setImmediate

/** Runs `callback` in a later turn of the event loop, after all work that can proceed now, including its sends. */
export const runSoon: (callback: () => void) => void = immediate ?? ((callback) => setTimeout(callback, 0))
