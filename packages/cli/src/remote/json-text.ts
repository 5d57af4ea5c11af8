import { JsonCodec, t } from '@aster/client'
import { errorMessage, escapeUnprintable, isBytes, isObject } from '@aster/rpc-core/schema'
import { CliError } from '../cli-error.ts'

/** Reads integers of any size exactly, which `JSON` does not, and reports the place of a mistake. */
const codec = new JsonCodec()
const encoder = new TextEncoder()

/** Matches numbers with so many digits that `JSON` may lose some. */
const LONG_NUMBER = /\d{16}/

/**
 * Parses JSON. Integers beyond ±(2^53 − 1) become bigints.
 *
 * @param source the name of the text in messages: `request 3`
 * @throws CliError if the text is not JSON; it names the place of the mistake
 */
export function parseJson(text: string, source: string): unknown {
  if (!LONG_NUMBER.test(text)) {
    try {
      return JSON.parse(text) as unknown
    } catch {
      // The error of the codec has the place of the mistake.
    }
  }
  try {
    return codec.decode(t.any, encoder.encode(text))
  } catch (error) {
    throw new CliError(`${source}: expected JSON: ${errorMessage(error)}`, { usage: true, help: false })
  }
}

const ASCII = /^[ -~]*$/

/**
 * Formats an answer as one line of JSON without control characters. Integers keep all digits; values that JSON lacks become
 * strings, such as `"NaN"`.
 */
export function formatJsonLine(value: unknown): string {
  const text = format(value)
  return ASCII.test(text) ? text : escapeUnprintable(text)
}

function format(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      return Number.isFinite(value) ? String(value) : `"${value}"`
    case 'bigint':
    case 'boolean':
      return String(value)
    default:
      if (Array.isArray(value)) return `[${value.map(format).join(',')}]`
      if (isBytes(value)) return `"${Buffer.from(value).toString('base64')}"`
      return isObject(value) ? formatObject(value) : 'null'
  }
}

function formatObject(value: Readonly<Record<string, unknown>>): string {
  let text = ''
  for (const key of Object.keys(value)) {
    const item = value[key]
    if (item !== undefined) text += `${text === '' ? '' : ','}${format(key)}:${format(item)}`
  }
  return `{${text}}`
}
