import type { Environment } from '@aster/config'

/** What a command writes to: `process.stdout`, or anything that takes texts. */
export interface Output {
  write(text: string): unknown
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
}

/** All that the command line tool knows of the world, but for files and the network. */
export interface CliIo {
  readonly stdout: Output
  readonly stderr: Output
  /** @default nothing to read */
  readonly stdin?: Input | undefined
  readonly env: Environment
  /** Where the paths of the command line begin. */
  readonly cwd: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}
