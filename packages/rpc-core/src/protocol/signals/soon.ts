/** The part of Node's function that is used here; browsers have none. */
type Immediate = (callback: () => void) => unknown

const immediate = (globalThis as { setImmediate?: Immediate }).setImmediate

/** Runs `callback` once what can go on now has gone on, and what it sends is on its way. Never within this turn. */
export const runSoon: (callback: () => void) => void = immediate ?? ((callback) => setTimeout(callback, 0))
