import type { Logger } from '@aster/rpc-core'

export interface Line {
  readonly level: keyof Logger
  readonly fields: object
  readonly message: string
}

/** Returns a logger, and the lines that it has received. */
export function recordedLogger(): { readonly logger: Logger; readonly lines: readonly Line[] } {
  const lines: Line[] = []
  const write =
    (level: keyof Logger) =>
    (fields: object, message: string): void =>
      void lines.push({ level, fields, message })
  return {
    logger: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    lines,
  }
}
