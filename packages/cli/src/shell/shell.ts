import {
  AsterError,
  type AsterClient,
  type BidiChannel,
  type CallOptions,
  type Description,
  type DynamicClient,
  type DynamicSession,
  type MethodDescription,
  RpcError,
  type ServiceSummary,
} from '@aster/client'
import { errorMessage } from '@aster/rpc-core/schema'
import { callFailure } from '../call-failure.ts'
import type { CommandIo } from '../io.ts'
import { escapeControls, escapeOutput, formatCell } from '../output/escape.ts'
import { type Style, styleFor } from '../output/style.ts'
import { CallError } from '../remote/call-error.ts'
import { formatSummary } from '../remote/format-description.ts'
import { formatJsonLine, parseJson } from '../remote/json-text.ts'
import { findMethod, findService, findTarget } from '../remote/target.ts'
import { CallSettings } from './call-settings.ts'
import { complete, type Completions } from './complete.ts'
import { HELP } from './commands.ts'
import { formatTarget } from './format-target.ts'
import { isComplete, splitValues } from './partial-json.ts'
import type { Terminal, TerminalOptions } from './terminal.ts'

export interface ShellOptions {
  readonly io: CommandIo
  readonly client: AsterClient
  readonly description: Description | undefined
  /** Creates the terminal, which asks the shell for completions and notifies it of Ctrl-C. */
  readonly terminal: (own: Pick<TerminalOptions, 'complete' | 'onInterrupt' | 'isNested'>) => Terminal
}

/** The service in use, with its session if it is a session service. */
interface Current {
  readonly service: ServiceSummary
  readonly session: DynamicSession | undefined
}

/** Reads lines and runs them. */
export class Shell {
  readonly #client: AsterClient
  readonly #description: Description | undefined
  readonly #terminal: Terminal
  readonly #style: Style
  #current: Current | undefined
  #conversation: MethodDescription | undefined
  #calling: AbortController | undefined
  /** Whether the current request continues over several lines. */
  #isContinued = false
  readonly #settings = new CallSettings()

  constructor({ io, client, description, terminal }: ShellOptions) {
    this.#client = client
    this.#description = description
    this.#style = styleFor(io.stdout, io.env)
    this.#terminal = terminal({
      complete: (line) => this.#complete(line),
      onInterrupt: () => this.#interrupt(),
      isNested: () => this.#calling !== undefined,
    })
  }

  /** Resolves at the end of the input or after `exit`. An error is printed and does not end the shell. */
  async run(): Promise<void> {
    if (this.#terminal.isTerminal) {
      const { services } = this.#client
      this.#say(`${services.length} services; help tells what can be typed`)
    }
    for (;;) {
      const line = await this.#read(this.#prompt)
      if (line === undefined || /^\s*(?:exit|quit)\s*$/.test(line)) break
      try {
        await this.#execute(line.trim())
      } catch (error) {
        this.#tell(error)
      }
    }
    await this.#leave()
  }

  get #prompt(): string {
    const { service, session } = this.#current ?? {}
    const name = service === undefined ? 'aster' : formatCell(service.name)
    return `${this.#style.bold(name)}${session === undefined ? '' : this.#style.dim(' (session)')}> `
  }

  /** Reads a line and the lines that continue it, until the brackets of its request are closed. */
  async #read(prompt: string): Promise<string | undefined> {
    let text = await this.#terminal.ask(prompt)
    while (text !== undefined && !isComplete(jsonOf(text))) {
      this.#isContinued = true
      const more = await this.#terminal.ask('... ')
      // Ctrl-C drops the typed lines. The end of the input ends the request.
      if (more === undefined) return this.#isContinued ? text : ''
      text += `\n${more}`
    }
    this.#isContinued = false
    return text
  }

  async #execute(line: string): Promise<void> {
    if (line === '' || line.startsWith('#')) return
    const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(line) ?? []
    switch (word) {
      case 'help':
        return this.#say(HELP)
      case 'services':
        return this.#say(this.#client.services.map((one) => formatSummary(one, this.#style)).join('\n'))
      case 'describe':
        return this.#describe(rest.trim())
      case 'use':
        return this.#use(rest.trim())
      case 'set':
        return this.#settings.set(rest.trim())
      default:
        return this.#call(word, rest)
    }
  }

  #describe(target: string): void {
    const found = target === '' ? undefined : this.#target(target)
    const { services } = this.#client
    this.#say(formatTarget({ services, description: this.#description, found }, this.#style))
  }

  async #use(name: string): Promise<void> {
    await this.#leave()
    if (name === '') return
    const { service } = findTarget(this.#client.services, name)
    const session = service.pattern === 'session' ? await this.#openSession(service) : undefined
    this.#current = { service, session }
  }

  async #leave(): Promise<void> {
    const before = this.#current
    this.#current = undefined
    await before?.session?.close()
  }

  #openSession(service: ServiceSummary): Promise<DynamicSession> {
    return this.#client.dynamicSession(service.name, this.#optionsOf(service))
  }

  #optionsOf({ version }: ServiceSummary) {
    return { version, ...(this.#description && { description: this.#description }) }
  }

  #target(text: string) {
    const current = this.#current?.service
    const isOwn =
      current !== undefined && !text.includes('.') && !this.#client.services.some(({ name }) => name === text)
    return isOwn ? { service: current, method: text } : findTarget(this.#client.services, text)
  }

  async #call(word: string, rest: string): Promise<void> {
    const { service, method } = this.#target(word)
    if (method === undefined)
      throw new AsterError(`expected ${formatCell(service.name)}.method, or use ${formatCell(service.name)}`)
    const described = findService(this.#description, service)
    const found = described && findMethod(described, method)
    const texts = splitValues(rest)
    const requests = texts.map((text, i) => parseJson(text, texts.length === 1 ? 'request' : `request ${i + 1}`))
    const { calls, close } = await this.#callsOf(service)
    this.#calling = new AbortController()
    const options = this.#settings.options(this.#calling.signal)
    try {
      await this.#send({ calls, method, found, requests, options })
    } finally {
      this.#calling = undefined
      await close()
    }
  }

  /** Opens a session for one call, if the service is a session service and not in use. */
  async #callsOf(service: ServiceSummary): Promise<{ calls: DynamicClient; close: () => Promise<void> }> {
    const current = this.#current
    if (current?.service === service && current.session !== undefined)
      return { calls: current.session, close: async () => {} }
    if (service.pattern === 'session') {
      const session = await this.#openSession(service)
      return { calls: session, close: () => session.close() }
    }
    return { calls: this.#client.dynamic(service.name, this.#optionsOf(service)), close: async () => {} }
  }

  async #send({ calls, method, found, requests, options }: Sending): Promise<void> {
    const all = requests.length === 0 ? [{}] : requests
    switch (found?.kind ?? 'unary') {
      case 'unary':
        for (const request of all) this.#answer(await calls.call(method, request, options))
        return
      case 'serverStream':
        for (const request of all)
          for await (const answer of calls.serverStream(method, request, options)) this.#answer(answer)
        return
      case 'clientStream':
        return this.#answer(await calls.clientStream(method, this.#converse(requests, found), options))
      case 'bidiStream': {
        const channel = calls.bidiStream(method, options)
        // Requests that are sent after the end of the call fail, and need no report.
        const sending = this.#sendAll(channel, this.#converse(requests, found)).catch(() => {})
        try {
          for await (const answer of channel) this.#answer(answer)
        } finally {
          this.#conversation = undefined
          this.#terminal.stopAsking()
          await sending
        }
      }
    }
  }

  async #sendAll(channel: BidiChannel<unknown, unknown>, requests: AsyncIterable<unknown>): Promise<void> {
    try {
      for await (const request of requests) await channel.send(request)
      channel.finish()
    } catch (error) {
      channel.cancel()
      throw error
    }
  }

  /** Yields the requests of a conversation: those of its first line, then one for each line until `.end`. */
  async *#converse(first: readonly unknown[], method: MethodDescription | undefined): AsyncGenerator<unknown> {
    this.#conversation = method
    const signal = this.#calling?.signal
    try {
      yield* first
      if (this.#terminal.isTerminal) this.#say(this.#style.dim('a line for each request; .end after the last'))
      while (this.#conversation !== undefined && signal?.aborted !== true) {
        const line = await this.#read(`${this.#style.dim(formatCell(method?.wireName ?? ''))}> `)
        if (line === undefined || line.trim() === '.end') return
        if (line.trim() === '') continue
        let request: unknown
        try {
          request = parseJson(line, 'request')
        } catch (error) {
          this.#tell(error)
          continue
        }
        yield request
      }
    } finally {
      this.#conversation = undefined
    }
  }

  #complete(line: string): Completions {
    const { services } = this.#client
    const known = { services, description: this.#description, current: this.#current?.service }
    return complete(line, { ...known, ...(this.#conversation && { conversation: this.#conversation }) })
  }

  #interrupt(): void {
    if (this.#isContinued) {
      this.#isContinued = false
      return this.#terminal.stopAsking()
    }
    if (this.#calling === undefined) return this.#say('exit or Ctrl-D ends the shell')
    this.#calling.abort()
    this.#terminal.stopAsking()
  }

  #answer(answer: unknown): void {
    this.#say(formatJsonLine(answer))
  }

  #say(text: string): void {
    this.#terminal.write(escapeOutput(text))
  }

  #tell(error: unknown): void {
    const failure = error instanceof RpcError ? callFailure(new CallError(error)) : undefined
    const messages = failure?.messages ?? [escapeControls(errorMessage(error))]
    this.#say(messages.map((message) => this.#style.bad(message)).join('\n'))
  }
}

interface Sending {
  readonly calls: DynamicClient
  readonly method: string
  readonly found: MethodDescription | undefined
  readonly requests: readonly unknown[]
  readonly options: CallOptions
}

/** Returns the part of a line that may be JSON. */
function jsonOf(text: string): string {
  const start = text.search(/[[{"]/)
  return start < 0 ? '' : text.slice(start)
}
