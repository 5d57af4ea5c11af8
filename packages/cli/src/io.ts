import type { Environment } from '@aster/config'
import type { World } from './doctor/finding.ts'

/** What a command writes to: `process.stdout`, or anything that takes texts. */
export interface Output {
  write(text: string): unknown
  /** Tells when more may be written after `write` returned `false`. @default what is written never waits */
  once?(event: 'drain' | 'error' | 'close', listener: () => void): unknown
  off?(event: 'drain' | 'error' | 'close', listener: () => void): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** What a command reads: `process.stdin`, or any pieces of bytes or text. */
export interface Input extends AsyncIterable<Uint8Array | string> {
  readonly isTTY?: boolean | undefined
}

/** What a command knows of the world. */
export interface CommandIo extends CliIo {
  /** Whether results, warnings and errors are written as JSON. */
  readonly json: boolean
  /** The machine that `doctor` looks at. @default this one */
  readonly world?: World | undefined
}

/** All that the command line tool knows of the world, but for files and the network. */
export interface CliIo {
  readonly stdout: Output
  readonly stderr: Output
  /** @default nothing to read */
  readonly stdin?: Input | undefined
  readonly env: Environment
  /**
   * Calls the listener when the user interrupts the command, such as by Ctrl-C. Returns a function that removes it.
   *
   * @default commands cannot be interrupted
   */
  readonly onInterrupt?: ((listener: () => void) => () => void) | undefined
  /** Where the paths of the command line begin. */
  readonly cwd: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}
