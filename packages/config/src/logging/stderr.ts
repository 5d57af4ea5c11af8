import { writeSync } from 'node:fs'
import process from 'node:process'
import { runNeutral } from '@aster/rpc-core/protocol'
import { escapeUnprintable } from '@aster/rpc-core/schema'
import type { LogFormat } from '../fields.ts'
import type { LogRecord } from './record.ts'
import { textLine } from './text-line.ts'

const STDERR = 2

/** Characters that are kept while stderr takes nothing. */
const MAX_WAITING = 1_048_576

type Write = (record: LogRecord) => void

/** Writes with pino, once that is loaded. */
let writers: Readonly<Record<LogFormat, Write>> | undefined
let loading: Promise<void> | undefined
/** The lines before that. */
let waiting: (readonly [LogFormat, LogRecord])[] = []

/** Writes a line to stderr. pino is loaded when the first line is written; the line waits for that. */
export function writeToStderr(format: LogFormat, record: LogRecord): void {
  if (writers !== undefined) return writers[format](record)
  waiting.push([format, record])
  loading ??= runNeutral(() => loadWriters())
}

async function loadWriters(): Promise<void> {
  process.once('exit', flush)
  try {
    writers = await createWriters()
  } catch {
    // A bundle of ES modules cannot load it: the lines are the same without.
    writers = { text: (record) => writeAlone('text', record), json: (record) => writeAlone('json', record) }
  }
  process.off('exit', flush)
  const lines = waiting
  waiting = []
  for (const [format, record] of lines) writers[format](record)
}

/** The process ends before pino is loaded. */
function flush(): void {
  for (const [format, record] of waiting) writeAlone(format, record)
}

function writeAlone(format: LogFormat, record: LogRecord): void {
  try {
    writeSync(STDERR, `${format === 'text' ? textLine(record) : escapeUnprintable(JSON.stringify(record))}\n`)
  } catch {
    // Nobody reads stderr any more.
  }
}

/** Writes at once, so that no line is lost when the process is killed, and without a worker thread. */
async function createWriters(): Promise<Record<LogFormat, Write>> {
  const { default: pino } = await import('pino')
  const options = {
    level: 'debug',
    // Records have the time at which they were made.
    base: null,
    timestamp: false,
    // Errors are plain objects already.
    serializers: { err: (err: unknown) => err },
    formatters: { level: (label: string) => ({ level: label === 'warn' ? 'warning' : label }) },
  } as const
  const stderr = pino.destination({ dest: STDERR, sync: true, maxLength: MAX_WAITING })
  // A disk that is full, or a reader that is gone: the lines are lost, and the program goes on.
  stderr.on('error', () => {})
  const asText = { write: (line: string): void => void stderr.write(`${textLine(JSON.parse(line) as LogRecord)}\n`) }
  const writerOf = (logger: ReturnType<typeof pino>): Write => {
    return ({ level, msg, ...fields }) => logger[level === 'warning' ? 'warn' : level](fields, msg)
  }
  // pino leaves C1 controls and bidi marks as they are, which a terminal obeys.
  const asJson = { write: (line: string): void => void stderr.write(`${escapeUnprintable(line.trimEnd())}\n`) }
  return { text: writerOf(pino(options, asText)), json: writerOf(pino(options, asJson)) }
}
