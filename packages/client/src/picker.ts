import type { Policy } from './policy.ts'

/** The part of a target that a picker uses. */
export interface Pickable {
  /** The number of running calls and sessions. */
  readonly pending: number
}

/** Picks one of the ready targets, which are in the order of their addresses. Returns `undefined` if the list is empty. */
export type Picker<T extends Pickable> = (ready: readonly T[]) => T | undefined

/** Returns a picker with a round-robin position of its own. */
export function createPicker<T extends Pickable>(policy: Policy): Picker<T> {
  switch (policy) {
    case 'pick-first':
      return pickFirst()
    case 'round-robin':
      return roundRobin()
    case 'least-pending':
      return leastPending()
  }
}

function pickFirst<T extends Pickable>(): Picker<T> {
  let current: T | undefined
  return (ready) => {
    if (current === undefined || !ready.includes(current)) current = ready[0]
    return current
  }
}

function roundRobin<T extends Pickable>(): Picker<T> {
  let turn = 0
  return (ready) => ready[turn++ % ready.length]
}

function leastPending<T extends Pickable>(): Picker<T> {
  let turn = 0
  return (ready) => {
    // Ties go to the next in turn, or the first target would get every call while none is in flight.
    let least = ready[turn % ready.length]
    for (let i = 1; i < ready.length; i++) {
      const one = ready[(turn + i) % ready.length]
      if (one !== undefined && least !== undefined && one.pending < least.pending) least = one
    }
    turn += 1
    return least
  }
}
