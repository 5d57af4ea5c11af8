import { writeSync } from 'node:fs'
import process from 'node:process'
import { runNeutral } from '@aster/rpc-core/protocol'
import { escapeUnprintable } from '@aster/rpc-core/schema'
import type { LogFormat } from '../fields.ts'
import type { LogRecord } from './record.ts'
import { textLine } from './text-line.ts'

const STDERR = 2

/** The largest number of characters that are kept while stderr accepts nothing. */
const MAX_WAITING = 1_048_576

type Write = (record: LogRecord) => void

/** The functions that write with pino. `undefined` until pino is loaded. */
let writers: Readonly<Record<LogFormat, Write>> | undefined
let loading: Promise<void> | undefined
/** The lines that wait until pino is loaded. */
let waiting: (readonly [LogFormat, LogRecord])[] = []

/** Writes a line to stderr. The first line loads pino, and waits for it. */
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
    // A bundle of ES modules cannot load pino. The lines are the same without it.
    writers = { text: (record) => writeAlone('text', record), json: (record) => writeAlone('json', record) }
  }
  process.off('exit', flush)
  const lines = waiting
  waiting = []
  for (const [format, record] of lines) writers[format](record)
}

/** Writes the lines that wait if the process ends before pino is loaded. */
function flush(): void {
  for (const [format, record] of waiting) writeAlone(format, record)
}

function writeAlone(format: LogFormat, record: LogRecord): void {
  try {
    writeSync(STDERR, `${format === 'text' ? textLine(record) : escapeUnprintable(JSON.stringify(record))}\n`)
  } catch {
    // The reader of stderr is gone.
  }
}

/**
 * Returns functions that write with pino, synchronously and without a worker thread, so that no line is lost if the process
 * is killed.
 */
async function createWriters(): Promise<Record<LogFormat, Write>> {
  const { default: pino } = await import('pino')
  const options = {
    level: 'debug',
    // Records have a time of their own.
    base: null,
    timestamp: false,
    // Errors in records are plain objects already.
    serializers: { err: (err: unknown) => err },
    formatters: { level: (label: string) => ({ level: label === 'warn' ? 'warning' : label }) },
  } as const
  const stderr = pino.destination({ dest: STDERR, sync: true, maxLength: MAX_WAITING })
  // If the disk is full or the reader is gone, lines are lost but the program goes on.
  stderr.on('error', () => {})
  const asText = { write: (line: string): void => void stderr.write(`${textLine(JSON.parse(line) as LogRecord)}\n`) }
  const writerOf = (logger: ReturnType<typeof pino>): Write => {
    return ({ level, msg, ...fields }) => logger[level === 'warning' ? 'warn' : level](fields, msg)
  }
  // pino does not escape C1 controls and bidi marks, which a terminal obeys.
  const asJson = { write: (line: string): void => void stderr.write(`${escapeUnprintable(line.trimEnd())}\n`) }
  return { text: writerOf(pino(options, asText)), json: writerOf(pino(options, asJson)) }
}
