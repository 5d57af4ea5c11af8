import { type Difference, insert, instead, metadataOverLimits, named, replace } from './differences.ts'
import type { OtherBytesTable } from './other-bytes.ts'

/** Replaces the result. */
const result =
  (line: string): Difference['rule'] =>
  (recorded) => [...recorded.slice(0, -1), line]

/** The conversations in which our client writes other frames than the recorded one or reads the answer differently, and why. */
export const consumerDifferences: readonly Difference[] = [
  {
    reason: 'a trailer ends the requests, since a stream that is finished can no longer be reset to cancel its call',
    conversations: [
      ...named('*-streams', 'add-up-0', 'add-up-1', 'add-up-3', 'add-up-200', 'add-up-large-items', 'add-up-fails'),
      ...named('*-streams', 'chat-0', 'chat-1', 'chat-3-lockstep', 'chat-3-pipelined', 'chat-ends-early'),
      ...named('*-streams', 'talk-0', 'talk-2'),
      ...named('xlang-streams', 'add-up-100000', 'add-up-100001'),
      ...named('*-metadata', 'deadline-client-stream'),
    ],
    rule: replace('finished', 'status 0 ""', 'finished'),
  },
  {
    reason: 'a cancelled call is reset, too: a handler that does not write learns of it',
    conversations: named('*-streams', 'cancel-unary', 'cancel-server-stream', 'tick-consumer-breaks-off'),
    rule: replace('finished', 'reset'),
  },
  {
    reason: 'a cancelled call is reset, too: a handler that does not write learns of it',
    conversations: ['*-streams/cancel-bidi'],
    rule: replace('finished', 'status 0 ""', 'reset'),
  },
  {
    reason: 'the recording observed the handler; a caller that cancels gets CANCELLED',
    conversations: named('*-streams', 'cancel-unary', 'cancel-bidi'),
    rule: result('error 1 …'),
  },
  {
    reason: 'the recording observed the handler; a caller that leaves keeps the responses that it took',
    conversations: ['*-streams/cancel-server-stream'],
    rule: result('value [{"count":0,"text":"tick"},{"count":1,"text":"tick"}]'),
  },
  {
    reason: 'a consumer, too, finishes its side when the call is over',
    conversations: ['*-streams/chat-fails-on-second'],
    rule: insert([3], 'finished'),
  },
  {
    reason: 'an OK without a response is an error, and no empty value',
    conversations: ['*-errors/fail-0'],
    rule: result('error 13 …'),
  },
  {
    reason: 'after an error a session makes sure that it is alive before the next call',
    conversations: ['*-sessions/unary'],
    rule: insert([5, 7], 'cancel'),
  },
  {
    reason: 'after an error a session makes sure that it is alive before the next call',
    conversations: ['*-sessions/server-stream'],
    rule: insert([9], 'cancel'),
  },
  {
    reason: 'after an error a session makes sure that it is alive before the next call',
    conversations: ['*-sessions/client-stream'],
    rule: insert([16], 'cancel'),
  },
  {
    reason: 'after an error a session makes sure that it is alive before the next call',
    conversations: ['*-sessions/deadline-in-session'],
    rule: insert([3], 'cancel'),
  },
  {
    reason: 'a bidi call may have ended before its requests did, so a session makes sure that it is alive',
    conversations: ['*-sessions/bidi'],
    rule: insert([3, 6, 11], 'cancel'),
  },
  {
    reason: 'a bidi call may have ended before its requests did, so a session makes sure that it is alive',
    conversations: ['*-sessions/all-patterns'],
    rule: insert([12], 'cancel'),
  },
  {
    reason: 'after a cancelled bidi call a session makes sure that nothing of it is left',
    conversations: ['*-sessions/cancel-bidi'],
    rule: insert([4], 'call {"metadataKeys":[],"metadataValues":[],"method":"add"} ×2', 'cancel ×2'),
  },
  {
    reason: 'a cancelled bidi call has been cancelled, also where the producer says OK',
    conversations: ['*-sessions/cancel-bidi'],
    rule: replace('error 0 …', 'error 1 …'),
  },
  {
    reason: 'nothing is sent once the deadline has passed',
    conversations: named('*-metadata', 'deadline-passed', 'deadline-long-passed'),
    rule: instead(
      'nothing',
      'error 4 "the deadline passed before the call was complete: it had passed when the call was made" {}',
    ),
  },
  {
    reason: 'metadata over its limits is refused before it is sent',
    conversations: metadataOverLimits,
    rule: instead('nothing', 'error 3 "metadata: …'),
  },
  {
    reason: 'every field of a message is written, also those that the caller left out',
    conversations: ['json-errors/missing-fields', ...named('json-unary', 'paint-default-enum', 'bytes-in-answer')],
    rule: replace('data ', 'data …'),
  },
]

/** The conversations that our client never has, and why. */
export const neverWritten: Readonly<Record<string, readonly string[]>> = {
  'a session of a shared service': ['*-errors/session-on-shared'],
  'another mode than its codec’s': [
    ...named('*-errors', 'serialization-mode-1', 'serialization-mode-2', 'serialization-mode-4'),
    ...named('*-errors', 'serialization-mode-99'),
    ...named('json-errors', 'typed-consumer-mode-0'),
  ],
  'no request': ['*-errors/no-request'],
  'a message that does not fit its type': [
    ...named('json-errors', 'unknown-field', 'unknown-nested-field', 'wrong-field-type', 'null-field'),
    ...named('json-errors', 'request-is-list'),
  ],
  'an integer beyond 2^53 where the type is t.int': ['xlang-unary/echo-full'],
  'a CANCEL without a call, but where it makes sure': ['*-sessions/cancel-without-call'],
}

/** The conversations in which our frames have the meaning of the recorded ones in other bytes, and why. */
export const consumerBytes: OtherBytesTable = {
  'JSON is compressed, too': ['json-errors/fail-long-message', 'json-sessions/unary-large', 'json-unary/text-20000'],
  'what does not shrink is not compressed': named('xlang-unary', 'blob-64KiB-random', 'blob-1MiB-random'),
  'JSON is UTF-8, not ASCII': ['json-errors/fail-unicode', 'json-unary/plain-full'],
  'a fraction of 0 is not written': ['json-unary/plain-defaults'],
}
