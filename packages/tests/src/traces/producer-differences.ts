import type { OtherBytesTable } from './other-bytes.ts'
import { type Difference, instead, metadataOverLimits, named, ownWords, replace } from './differences.ts'

/** The conversations in which our producer answers differently from the recorded one, and why. */
export const producerDifferences: readonly Difference[] = [
  {
    reason: 'statuses that a producer makes itself have its own words',
    conversations: [
      ...named('*-errors', 'unknown-service', 'no-service', 'unknown-method', 'camel-case-method', 'unknown-version'),
      ...named('*-errors', 'version-0', 'later-v3-typed-consumer', 'session-on-shared', 'call-on-session-service'),
      ...named('xlang-errors', 'serialization-mode-1', 'serialization-mode-2', 'serialization-mode-4'),
      ...named('xlang-errors', 'serialization-mode-99'),
      ...named('json-errors', 'unknown-field', 'unknown-nested-field'),
      ...named('*-metadata', 'deadline-exceeded', 'deadline-passed', 'deadline-long-passed'),
      ...named('*-metadata', 'deadline-stream-between-items', 'deadline-stream-slow-item', 'deadline-client-stream'),
      ...named('*-sessions', 'deadline-in-session', 'cancel-without-call', 'cancel-unary', 'cancel-server-stream'),
      ...named('*-sessions', 'cancel-client-stream'),
      ...named('xlang-streams', 'add-up-100001'),
      ...named('*-malformed', 'zero-length-frame', 'frame-16MiB-plus-1', 'truncated-header', 'data-first'),
      ...named('*-malformed', 'garbage-header', 'empty-header', 'compressed-header', 'session-unknown-method'),
      ...named('*-malformed', 'session-garbage-call'),
      ...named('json-malformed', 'wrong-type'),
    ],
    rule: ownWords(1, 3, 4, 5, 8, 9, 12, 13, 101),
  },
  {
    reason: 'a producer owes an end to every stream; 0.1.2 leaves those of sessions open',
    conversations: [
      ...named(
        '*-sessions',
        'open-close',
        'unary',
        'unary-large',
        'server-stream',
        'client-stream',
        'bidi',
        'metadata',
      ),
      ...named('*-sessions', 'all-patterns', 'idle-3-s', 'cancel-without-call', 'cancel-unary'),
      ...named('*-sessions', 'cancel-server-stream', 'cancel-client-stream', 'cancel-bidi', 'deadline-in-session'),
      ...named('*-malformed', 'session-data-first', 'session-header-twice', 'session-zero-length-frame'),
    ],
    rule: replace('open', 'finished'),
  },
  {
    reason: 'the details of an error are delivered',
    conversations: ['*-errors/fail-details'],
    rule: replace('status 9 ', 'status 9 "with details" reason=because retry=no'),
  },
  {
    reason: 'the details of an error are delivered',
    conversations: ['*-sessions/unary'],
    rule: replace('status 3 ', 'status 3 "no" lost=these'),
  },
  {
    reason: 'an unknown exception is UNKNOWN in sessions, too',
    conversations: ['*-sessions/unary'],
    rule: replace('status 13 ', 'status 2 "session handler crashed"'),
  },
  {
    reason: 'an unknown code becomes UNKNOWN, with the message of the error',
    conversations: ['*-errors/fail-unknown-code'],
    rule: replace('status 2 ', 'status 2 "x"'),
  },
  {
    reason: 'a call that fails does not end with OK',
    conversations: ['*-errors/fail-0'],
    rule: replace('status 0 ', 'status 13 "message 0"'),
  },
  {
    reason: 'the message of a status is cut at 4,096 characters',
    conversations: ['*-errors/fail-long-message'],
    rule: replace('status 5 ', `status 5 "${'m'.repeat(4_096)}"`),
  },
  {
    reason: 'a call without a request is the consumer’s mistake, and no reason to try again',
    conversations: ['*-errors/no-request'],
    rule: replace('status 14 ', 'status 3 …'),
  },
  {
    reason: 'in a JSON stream everything is JSON, whatever mode its header names: typed stubs of 0.1.2 name 0',
    conversations: [
      ...named('json-errors', 'serialization-mode-1', 'serialization-mode-2', 'serialization-mode-4'),
      ...named('json-errors', 'serialization-mode-99'),
    ],
    rule: replace('status 3 ', 'data {"count":1,"text":"hello a"}', 'status 0 ""'),
  },
  {
    reason: 'in a JSON stream everything is JSON, whatever mode its header names: typed stubs of 0.1.2 name 0',
    conversations: ['json-errors/typed-consumer-mode-0'],
    rule: instead('data {"count":0,"text":"hello x"}'),
  },
  {
    reason: 'a field of another type does not reach the handler',
    conversations: named('json-errors', 'wrong-field-type', 'null-field'),
    rule: instead('status 101 "the request cannot be read: text: expected a string, …', 'finished'),
  },
  {
    reason: 'a request that is not an object is an error that says so',
    conversations: ['json-errors/request-is-list'],
    rule: replace('status 2 ', 'status 101 …'),
  },
  {
    reason: 'JSON mode can answer with enums, which 0.1.2 cannot write',
    conversations: ['json-unary/paint-default-enum'],
    rule: instead('data {"color":"red","level":1,"name":"p"}'),
  },
  {
    reason: 'JSON mode can answer with bytes, as base64, which 0.1.2 cannot write',
    conversations: ['json-unary/bytes-in-answer'],
    rule: instead('data {"data":"GUYM"}'),
  },
  {
    reason: 'metadata over its limits is refused, on shared services as in sessions; 0.1.2 drops or serves it there',
    conversations: metadataOverLimits,
    rule: instead('status 8 "metadata: …', 'finished'),
  },
  {
    reason: 'the fixtures describe a call in their own words, with ids of each run',
    conversations: ['*-unary/context', '*-sessions/metadata'],
    rule: replace('data ', 'data …'),
  },
  {
    reason: 'an integer that a number cannot hold is refused, not rounded; t.int64 takes it',
    conversations: ['xlang-unary/echo-full'],
    rule: instead('status 101 …', 'finished'),
  },
  {
    reason: 'bytes that cannot be read are DATA_LOSS',
    conversations: [
      ...named('*-malformed', 'empty-request', 'garbage-request', 'truncated-request', 'compressed-garbage'),
      ...named('*-malformed', 'client-stream-bad-item', 'client-stream-truncated-item'),
    ],
    rule: replace('status 2 ', 'status 15 …'),
  },
  {
    reason: 'bytes that cannot be read are DATA_LOSS',
    conversations: named('*-malformed', 'session-bad-request', 'session-client-stream-bad-item'),
    rule: replace('status 13 ', 'status 15 …'),
  },
  {
    reason: 'another message than the expected one is CONTRACT_VIOLATION',
    conversations: ['xlang-malformed/wrong-type'],
    rule: replace('status 2 ', 'status 101 …'),
  },
  {
    reason: 'a message beyond a limit is RESOURCE_EXHAUSTED',
    conversations: ['*-malformed/compressed-bomb'],
    rule: replace('status 2 ', 'status 8 …'),
  },
  {
    reason: 'a bad item of a bidi stream is an error, and not the end of the requests',
    conversations: ['*-malformed/bidi-bad-item'],
    rule: replace('status 0 ', 'status 15 …'),
  },
  {
    reason: 'a call that is withdrawn has been cancelled',
    conversations: ['*-malformed/client-stream-ended-by-trailer-cancelled'],
    rule: replace('status 13 ', 'status 1 …'),
  },
  {
    reason: 'only data frames are messages: a second HEADER is skipped',
    conversations: ['*-malformed/header-twice'],
    rule: instead('data {"count":1,"text":"hello a"}', 'status 0 ""', 'finished'),
  },
  {
    reason: 'only data frames are messages: ROW_SCHEMA and CALL are skipped',
    conversations: named('*-malformed', 'row-schema-flag', 'call-flag-on-shared'),
    rule: instead('status 3 …', 'finished'),
  },
  {
    reason: 'only data frames are messages: a TRAILER ends the requests',
    conversations: ['*-malformed/trailer-instead-of-request'],
    rule: instead('status 3 …', 'finished'),
  },
  {
    reason: 'a stream without any bytes is ended, so that it does not keep its place',
    conversations: ['*-malformed/nothing'],
    rule: instead('reset'),
  },
  {
    reason: 'a stream that ends within its first frame is answered with an error',
    conversations: ['*-malformed/half-a-length'],
    rule: instead('status 13 …', 'finished'),
  },
  {
    reason: 'an error within a session leaves it usable: the remaining frames of the call are skipped',
    conversations: named('*-malformed', 'session-client-stream-bad-item', 'session-bidi-fails-with-items-in-flight'),
    rule: replace('status 9 "Expected CALL frame"'),
  },
  {
    reason:
      'who sends a CALL in the middle of another waits for one answer: a second would be taken for the next call’s',
    conversations: named('*-malformed', 'session-call-twice', 'session-two-calls-at-once'),
    rule: replace('data '),
  },
  {
    reason: 'an empty trailer is a legal OK',
    conversations: ['*-malformed/session-empty-trailer'],
    rule: replace('status 13 ', 'data {"count":1,"text":"total"}'),
  },
  {
    reason: 'the handler of a client stream takes items as they come, not when all are there',
    conversations: ['*-sessions/cancel-client-stream'],
    rule: replace('data {"count":5,', 'data {"count":6,"text":"total"}'),
  },
  {
    reason: 'a cancelled bidi call has been cancelled, and did not end with OK',
    conversations: ['*-sessions/cancel-bidi'],
    rule: replace('status 0 ', 'status 1 …'),
  },
]

/** The conversations in which our frames have the meaning of the recorded ones in other bytes, and why. */
export const producerBytes: OtherBytesTable = {
  'an error in a JSON stream is JSON': [
    ...named('json-errors', ...Array.from({ length: 16 }, (_, i) => `fail-${i + 1}`), 'fail-101'),
    ...named('json-errors', 'fail-empty-message', 'fail-unicode', 'fail-crash'),
    ...named('json-streams', 'count-up-first-fails', 'count-up-fails-after-2', 'count-up-crashes-after-2'),
    ...named('json-streams', 'add-up-fails', 'chat-fails-on-second'),
  ],
  'JSON is compressed, too': [
    ...named('json-streams', 'add-up-large-items'),
    ...named('json-unary', 'text-20000', 'text-1MiB-response'),
  ],
  'what does not shrink is not compressed': [
    ...named('xlang-streams', 'make-many-3-of-100KiB'),
    ...named('xlang-unary', 'blob-64KiB-random', 'blob-1MiB-random'),
  ],
  'JSON is UTF-8, not ASCII': ['json-metadata/metadata-two', 'json-unary/plain-full'],
  'a fraction of 0 is not written': ['json-unary/plain-defaults'],
}
