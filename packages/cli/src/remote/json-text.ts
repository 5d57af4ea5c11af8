import { JsonCodec, t } from '@aster/client'
import { errorMessage, escapeUnprintable, isBytes, isObject } from '@aster/rpc-core/schema'
import { CliError } from '../cli-error.ts'

/** Reads integers of any size exactly, as `JSON` does not, and says what is wrong. */
const codec = new JsonCodec()
const encoder = new TextEncoder()

/** Digits of which `JSON` may lose some. */
const LONG_NUMBER = /\d{16}/

/**
 * Reads JSON; integers beyond ±(2^53 − 1) are bigints.
 *
 * @param source what the text is, for the message: `request 3`
 * @throws CliError that names the place of the mistake
 */
export function parseJson(text: string, source: string): unknown {
  if (!LONG_NUMBER.test(text)) {
    try {
      return JSON.parse(text) as unknown
    } catch {
      // The codec says where.
    }
  }
  try {
    return codec.decode(t.any, encoder.encode(text))
  } catch (error) {
    throw new CliError(`${source}: expected JSON: ${errorMessage(error)}`, { usage: true, help: false })
  }
}

const ASCII = /^[ -~]*$/

/** Writes an answer as one line of JSON without control characters; integers in all digits, and words for what JSON has not. */
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
