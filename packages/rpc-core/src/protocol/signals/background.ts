import { warnOnce } from '../guarded.ts'
import { RpcError } from '../../rpc-error.ts'
import { runNeutral, startNeutral } from './async-context.ts'
import { runSoon } from './soon.ts'

/** Work that may continue after the call that started it has ended. */
export interface BackgroundTask {
  /** Does the work. */
  run(): void
}

let tasks: BackgroundTask[] = []
let wake: (() => void) | undefined
let started = false

/**
 * Runs a task after the current microtask, outside the async context of the call, so that a promise created by the task
 * retains no `AsyncLocalStorage` store of the call. Much cheaper than `runNeutral`, since one loop runs the tasks of all calls.
 */
export function runInBackground(task: BackgroundTask): void {
  tasks.push(task)
  if (!started) {
    started = true
    runNeutral(() => void runTasks())
  } else if (wake !== undefined) {
    wake()
    wake = undefined
  }
}

async function runTasks(): Promise<never> {
  await Promise.resolve()
  for (;;) {
    runPending()
    if (tasks.length === 0) await new Promise<void>((resolve) => (wake = resolve))
  }
}

/** Runs the pending tasks. It is a separate function because the waiting loop would retain the last task. */
function runPending(): void {
  const pending = tasks
  tasks = []
  runAll(pending)
}

function runAll(due: readonly BackgroundTask[]): void {
  for (const task of due) {
    try {
      task.run()
    } catch (error) {
      warnOnce('ASTER_BACKGROUND', `work behind a call failed: ${RpcError.from(error).message}`)
    }
  }
}

let later: BackgroundTask[] = []

/** Runs a task as `runSoon` does, outside the async context of the call. One callback runs the tasks of all calls. */
export function runInNextTurn(task: BackgroundTask): void {
  if (later.push(task) === 1) startNeutral(startLater)
}

const startLater = (): void => runSoon(runLater)

function runLater(): void {
  const due = later
  later = []
  runAll(due)
}
