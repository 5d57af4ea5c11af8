/**
 * Tools for authors of codecs and other layers that examine types and values: the parts of a schema, checks, and descriptions
 * of values for messages. Exempt from semver.
 *
 * @packageDocumentation
 */
export { allocate } from '../values/allocate.ts'
export { compareCodePoints } from '../values/order.ts'
export {
  describe,
  describeLength,
  describeSecret,
  describeShown,
  escapeUnprintable,
  isPrintable,
  listPrintable,
  printable,
  printableLines,
  quoted,
} from '../values/describe.ts'
export { fromBase64, toBase64 } from '../values/base64.ts'
export { isBytes, isDate, isErrorLike, isMap, isSet, isThenable, typedArrayName } from '../values/guards.ts'
export { expectInteger, expectMessageBytes, expectNumber, expectPositive, expectTime } from '../values/expect.ts'
export { nearest } from '../values/nearest.ts'
export { countKeys, isInherited, isObject, isPlainObject, memberOf, setKey } from '../values/objects.ts'
export { systemErrorCode } from '../values/system-error-code.ts'
export { describeSystemError, type SystemAction } from '../values/describe-system-error.ts'
export { errorMessage } from '../values/text-of.ts'
export type { AnyType } from './any.ts'
export { CHANGE_ADVICE } from './change-advice.ts'
export { Checker, formatPath, type Issue, keySegment, type PathSegment } from './checker.ts'
export { dateOfDays, daysOfDate, isCalendarTime } from './date.ts'
export { enumMismatch } from './enum.ts'
export { hasOwnDefault } from './has-default.ts'
export { type InnerType, innerTypes, walkTypes } from './inner-types.ts'
export { isIntegerType } from './integer.ts'
export { snakeCase } from './naming.ts'
export { isWellFormed } from './string.ts'
export { type BareType, unwrap, type Unwrapped } from './unwrap.ts'
export { type WireType, wireType } from './wire-type.ts'
