import { errorMessage, isBytes, isDate, isErrorLike } from '@aster/rpc-core/schema'
import { MASK } from '../show.ts'
import type { LoggingConfig } from './logging-config.ts'

/** The part of a configuration that a redactor needs. */
type RedactedConfig = Pick<LoggingConfig, 'logMask' | 'secretKey' | 'relayToken' | 'enrollmentCredentialIid'>

/** Names of fields whose strings are never shown. */
const SECRET_NAME =
  /secret|private|passw|token|signature|signing|nonce|authorization|cookie|api_?key|credential_?json|^auth$|^iid/i

/** Patterns of possible secrets in a string, each with its replacement. An id keeps both ends, as in the Python package. */
const SUSPICIOUS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/\b([0-9a-f]{8})[0-9a-f]{52,}([0-9a-f]{4})\b/gi, '$1...$2'],
  [/(?<![\w+/-])[\w+/-]{43}=(?!=)/g, MASK],
  [/(?<![\w+/.=-])[\w+-]{43}(?![\w+/.=-])/g, MASK],
  [/:\/\/[^\s/@]+@/g, `://${MASK}@`],
  [/\b(bearer|basic)\s+[\w+/.~=-]{8,}/gi, `$1 ${MASK}`],
  [/\b(password|passwd|secret|token|api[-_]?key|authorization)(["']?\s*[=:]\s*["']?)[^\s"',;]+/gi, `$1$2${MASK}`],
]

/** The smallest length of a secret that is masked. A shorter secret could occur in ordinary words. */
const MIN_SECRET = 6
/** The largest number of levels of objects, and of causes of errors, that are shown. */
const MAX_DEPTH = 4
/** The largest number of entries of an object or a list that are shown. */
const MAX_ENTRIES = 100
/** The largest number of characters of a string that are shown. A handler may throw a string of any length. */
const MAX_TEXT = 4_096
/** The number of characters behind the cut that are searched too, so that a secret at the cut is recognised. */
const MARGIN = 512

/**
 * Removes secrets from fields and strings before they are logged. The secrets of the configuration are always masked, and so
 * are fields whose names say that they are secrets. With `logMask`, ids are shortened and strings that look like secrets are
 * masked.
 */
export class Redactor {
  readonly #secrets: readonly string[]
  readonly #masks: boolean
  /** The largest number of characters of a string that are searched, which bounds the work for each line. */
  readonly #maxRead: number

  constructor(config: RedactedConfig) {
    this.#secrets = secretsOf(config)
    this.#maxRead = MAX_TEXT + MARGIN + Math.max(0, ...this.#secrets.map((secret) => secret.length))
    this.#masks = config.logMask
  }

  text(text: string): string {
    let shown = text.length > this.#maxRead ? text.slice(0, this.#maxRead) : text
    for (const secret of this.#secrets) shown = shown.replaceAll(secret, MASK)
    if (this.#masks) for (const [pattern, replacement] of SUSPICIOUS) shown = shown.replaceAll(pattern, replacement)
    // The cut comes last, since a part of a secret would not be recognised.
    return shown.length > MAX_TEXT ? `${shown.slice(0, MAX_TEXT)}…` : shown
  }

  /** Returns plain data: strings, numbers, booleans, `null`, and objects and lists of those. */
  fields(fields: object): Record<string, unknown> {
    return this.#entries(fields, 0)
  }

  #entries(value: object, depth: number): Record<string, unknown> {
    const names = Object.keys(value).slice(0, MAX_ENTRIES)
    return Object.fromEntries(
      names.flatMap((name) => {
        const one = readMember(value, name)
        if (one === undefined || typeof one === 'function') return []
        const isHidden = SECRET_NAME.test(name) && typeof one !== 'number' && typeof one !== 'boolean' && one !== null
        return [[name, isHidden ? MASK : this.#value(one, depth + 1)]]
      }),
    )
  }

  #value(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        return this.text(value)
      case 'number':
        return Number.isFinite(value) ? value : String(value)
      case 'bigint':
        return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
      case 'object':
        return value === null ? null : this.#guarded(value, depth)
      case 'boolean':
      case 'undefined':
        return value
      default:
        return this.text(String(value))
    }
  }

  /** Returns a placeholder if the value cannot be read, as with a revoked proxy. */
  #guarded(value: object, depth: number): unknown {
    try {
      return this.#object(value, depth)
    } catch {
      return 'unreadable'
    }
  }

  #object(value: object, depth: number): unknown {
    if (isErrorLike(value)) return this.#error(value, depth)
    if (isBytes(value)) return `${value.length} bytes`
    if (isDate(value)) return Number.isNaN(value.getTime()) ? 'no date' : value.toISOString()
    if (depth > MAX_DEPTH) return '…'
    if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map((one) => this.#value(one, depth + 1))
    return this.#entries(value, depth)
  }

  /** Returns the type, message, code, stack and cause of an error. Other members, such as the failed request, are not shown. */
  #error(error: Error, depth: number): object {
    const [name, code, stack, cause] = ['name', 'code', 'stack', 'cause'].map((member) => readMember(error, member))
    const message = errorMessage(error)
    return {
      type: typeof name === 'string' ? this.text(name) : 'Error',
      message: this.text(message),
      ...((typeof code === 'string' || typeof code === 'number') && { code: this.#value(code, depth) }),
      ...(typeof stack === 'string' && { stack: this.#stack(stack, message) }),
      ...(cause !== undefined && depth <= MAX_DEPTH && { cause: this.#value(cause, depth + 1) }),
    }
  }

  /** Returns a stack whose message and lines are cut separately, so that a long message does not cut off the lines. */
  #stack(stack: string, message: string): string {
    const end = stack.indexOf(message) + message.length
    if (message.length <= MAX_TEXT / 2 || end < message.length) return this.text(stack)
    return this.text(stack.slice(0, end)) + this.text(stack.slice(end))
  }
}

function secretsOf({ secretKey, relayToken, enrollmentCredentialIid }: RedactedConfig): readonly string[] {
  const key = secretKey && Buffer.from(secretKey)
  // The unpadded form is a part of the padded one.
  const forms = key ? [key.toString('base64').replace(/=+$/, ''), key.toString('base64url'), key.toString('hex')] : []
  const all = [...forms, relayToken, enrollmentCredentialIid]
  return [...new Set(all.filter((one) => one !== undefined && one.length >= MIN_SECRET))] as string[]
}

/** Returns a member, or `undefined` if a getter or a proxy throws. */
function readMember(value: object, name: string): unknown {
  try {
    return (value as Record<string, unknown>)[name]
  } catch {
    return undefined
  }
}
