import { AsterError, type CallOptions } from '@aster/client'

/** The settings that `set` changes for the calls after it. */
export class CallSettings {
  #timeoutMs: number | undefined
  readonly #metadata = new Map<string, string>()

  /** @throws AsterError if the setting or its value is not valid */
  set(text: string): void {
    const [, name = '', value = ''] = /^(\S*)\s*(.*)$/s.exec(text) ?? []
    if (name === 'timeout' && /^\d{1,9}$/.test(value)) {
      this.#timeoutMs = Number(value) || undefined
      return
    }
    const [, key, entry = ''] = /^([^=]+)=?(.*)$/s.exec(value) ?? []
    if (name !== 'metadata' || key === undefined)
      throw new AsterError('set: expected timeout MS, or metadata KEY=VALUE')
    if (entry === '') this.#metadata.delete(key)
    else this.#metadata.set(key, entry)
  }

  options(signal: AbortSignal): CallOptions {
    return {
      signal,
      ...(this.#timeoutMs !== undefined && { timeoutMs: this.#timeoutMs }),
      ...(this.#metadata.size > 0 && { metadata: Object.fromEntries(this.#metadata) }),
    }
  }
}
