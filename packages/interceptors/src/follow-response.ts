import type { InterceptedCall, Next } from '@aster/rpc-core'
import { isThenable } from '@aster/rpc-core/schema'
import { CallEnd } from './call-end.ts'
import type { CallHooks } from './call-hooks.ts'

/** Follows a call with one response. Costs one promise: such calls are many. */
export function followResponse(call: InterceptedCall, next: Next, hooks: CallHooks): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const end = new CallEnd(call, hooks, reject)
    const succeed = (response: unknown): void => {
      end.succeed()
      resolve(response)
    }
    const fail = (error: unknown): void => {
      end.fail(error)
      reject(error)
    }
    const pass = (response: unknown): void => {
      end.settle()
      if (end.isOver) return
      end.responses++
      if (hooks.onResponse === undefined) return succeed(response)
      try {
        const passed = hooks.onResponse(response)
        if (isThenable(passed)) Promise.resolve(passed).then(succeed, fail)
        else succeed(passed)
      } catch (error) {
        fail(error)
      }
    }
    const failSettled = (error: unknown): void => {
      end.settle()
      fail(error)
    }
    if (end.aborted !== undefined) return end.settle()
    try {
      const run = (): Promise<unknown> => next(call)
      Promise.resolve(hooks.runStep === undefined ? run() : hooks.runStep(run)).then(pass, failSettled)
    } catch (error) {
      failSettled(error)
    }
  })
}
