import type { Environment } from '@aster/config'
import type { World } from './doctor/finding.ts'

/** A destination of output: `process.stdout`, or any object with a `write` method. */
export interface Output {
  /** Writes a string. Returns `false` if the destination is full; `drain` is emitted once it takes more. */
  write(text: string): unknown
  /**
   * Adds a listener that is called once: when more may be written after `write` returned `false`, or when writing ends.
   *
   * @default output never waits
   */
  once?(event: 'drain' | 'error' | 'close', listener: () => void): unknown
  /** Removes a listener that `once` added. */
  off?(event: 'drain' | 'error' | 'close', listener: () => void): unknown
  /** Whether the output is a terminal, which decides about colours and progress. @default false */
  readonly isTTY?: boolean | undefined
  /** The width of the terminal, in characters. @default 80 */
  readonly columns?: number | undefined
}

/** A source of input: `process.stdin`, or any async iterable of bytes or strings. */
export interface Input extends AsyncIterable<Uint8Array | string> {
  /** Whether the input is a terminal, which a user types into. @default false */
  readonly isTTY?: boolean | undefined
}

/** The surroundings of one command. */
export interface CommandIo extends CliIo {
  /** Whether results, warnings and errors are written as JSON. */
  readonly json: boolean
  /** The machine that `doctor` examines. @default this one */
  readonly world?: World | undefined
}

/** The surroundings of the command line tool, apart from files and the network. */
export interface CliIo {
  /** Receives the results. */
  readonly stdout: Output
  /** Receives errors, warnings and progress. */
  readonly stderr: Output
  /** The input of commands that read `-` or lines. @default nothing to read */
  readonly stdin?: Input | undefined
  /** The environment variables that the configuration is read from. */
  readonly env: Environment
  /**
   * Calls the listener when the user interrupts the command, such as by Ctrl-C. Returns a function that removes it.
   *
   * @default commands cannot be interrupted
   */
  readonly onInterrupt?: ((listener: () => void) => () => void) | undefined
  /** The folder that relative paths start from. */
  readonly cwd: string
  /** Returns the time, in milliseconds since the epoch. */
  readonly now: () => number
}
