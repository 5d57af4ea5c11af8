import type { InterceptedCall } from '@aster/rpc-core'
import { type CallProgress, epochNow, progressKey } from '@aster/rpc-core/protocol'

/** The phases of a call, in order. */
export const Phase = {
  /** The interceptors have not passed the call on. */
  INTERCEPTORS: 0,
  /** There is no connection yet. */
  CONNECTION: 1,
  /** The connection has no room for another stream. */
  STREAM: 2,
  /** Earlier calls of the session are running. */
  TURN: 3,
  /** The requests of a client stream have not ended. */
  REQUESTS: 4,
  /** The request is sent, and the answer has not arrived. */
  ANSWER: 5,
  /** The streams of a call have not ended. */
  RESPONSES: 6,
} as const
export type Phase = (typeof Phase)[keyof typeof Phase]

/** How far a call, or the opening of a session, has come. The error at a deadline reports it. */
export interface Progress extends CallProgress {
  /** The current phase. */
  phase: Phase
  /** The streams of the connection on which the call waits or has waited for a stream. */
  streams: { readonly open: number } | undefined
  /** The number of attempts that are on the way: interceptors may pass a call on several times. */
  underWay: number
}

/** A call with its progress. Copies that interceptors make of the call share the progress. */
export interface TrackedCall extends InterceptedCall {
  readonly [progressKey]: Progress
}

/** Returns the progress of a call, or `undefined` if an interceptor made a new call object. */
export function progressOf(call: InterceptedCall): Progress | undefined {
  return (call as Partial<TrackedCall>)[progressKey]
}

/** Sets the phase of a call. */
export function enterPhase(call: InterceptedCall, phase: Phase): void {
  const progress = progressOf(call)
  if (progress !== undefined) progress.phase = phase
}

/** Returns the progress of the opening of a session. */
export function openingProgress(): Progress {
  const begunAt = epochNow()
  return {
    phase: Phase.CONNECTION,
    streams: undefined,
    underWay: 1,
    describe() {
      return describeProgress(this, begunAt)
    },
  }
}

/**
 * Returns what a call is waiting for, with advice.
 *
 * @param begunAt when the call began, in milliseconds since the epoch
 */
export function describeProgress({ phase, streams }: Progress, begunAt: number): string {
  const ms = `${Math.max(0, Math.round(epochNow() - begunAt))} ms`
  switch (phase) {
    case Phase.INTERCEPTORS:
      return `the interceptors of the client had not passed the call on after ${ms}`
    case Phase.CONNECTION:
      return `the producer could not be reached within ${ms}: the client was still connecting; check that the producer runs and that its address is right`
    case Phase.STREAM:
      return `the call waited ${ms} for a stream, and ${streamsText(streams?.open ?? 0)}`
    case Phase.TURN:
      return `the call was waiting for its turn in the session after ${ms}: the calls of a session run one after another; open another session for calls at the same time`
    case Phase.REQUESTS:
      return `the requests of the caller had not ended after ${ms}`
    case Phase.ANSWER:
      return `the producer did not answer within ${ms}; allow the call more time, or see what its handler waits for`
    case Phase.RESPONSES:
      return `the stream had not ended after ${ms}; a deadline covers a stream as a whole`
  }
}

/** Returns how many streams are open on a connection, with advice. */
export function streamsText(open: number): string {
  const streams = open === 1 ? '1 stream is' : `${open} streams are`
  return `${streams} open on the connection: read responses to their end, or leave them, and close sessions; or let the producer serve more at a time (maxConcurrentStreams)`
}
