/** A program of this folder that runs as a process, from the built packages. It answers each question with one message. */
export interface Program {
  readonly pid: number
  readonly ask: (command: string, argument?: unknown) => Promise<unknown>
  readonly signal: (name: NodeJS.Signals) => void
  readonly stop: () => Promise<void>
}

/**
 * Starts a program, which gets its argument as JSON.
 *
 * @param options the network namespace to run in, and variables; without a relay and on 127.0.0.1 unless they say otherwise
 */
export function startProgram(
  name: string,
  argument?: unknown,
  options?: { readonly host?: string; readonly env?: Readonly<Record<string, string>> },
): Program

/** Ends every program that still runs. */
export function stopPrograms(): Promise<void>
