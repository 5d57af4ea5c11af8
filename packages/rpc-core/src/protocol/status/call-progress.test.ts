import { expect, it } from 'vitest'
import type { InterceptedCall } from '../../interceptor.ts'
import { callDeadlineError, progressKey } from './call-progress.ts'

it('says what a call was waiting for, even if the call was copied', () => {
  const call = { callId: '1' } as InterceptedCall
  expect(callDeadlineError(call).message).toBe('the deadline passed before the call was complete')
  const tracked = { ...call, [progressKey]: { describe: () => 'it waited for a stream' } }
  for (const one of [tracked, { ...tracked, metadata: {} }])
    expect(callDeadlineError(one as InterceptedCall).message).toMatch(/complete: it waited for a stream$/)
})
