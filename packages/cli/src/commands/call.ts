import { type CallOptions, RpcError } from '@aster/client'
import type { Command } from 'commander'
import { callFailure } from '../call-failure.ts'
import { quoted } from '@aster/rpc-core/schema'
import { CliError, usageError } from '../cli-error.ts'
import { addClientFlags, type ClientFlags, parseTimeout } from '../client-options.ts'
import type { CommandIo } from '../io.ts'
import { maskKeys } from '../output/escape.ts'
import { LineWriter } from '../output/line-writer.ts'
import { Progress } from '../output/progress.ts'
import { printError } from '../output/print.ts'
import { CallError } from '../remote/call-error.ts'
import { type Callable, type CallableFlags, openCallable } from '../remote/callable.ts'
import { addAddress, connect } from '../remote/connect.ts'
import { Interrupt } from '../remote/interrupt.ts'
import { formatJsonLine } from '../remote/json-text.ts'
import { argumentRequests, isFromStdin, readRequests, type Request, untilAborted, valueOf } from '../remote/requests.ts'
import { OrderedCalls } from '../remote/ordered-calls.ts'
import { addTypeFlags } from '../remote/types.ts'

const EXAMPLES = `
Examples:
  aster call aster1… HelloService.say_hello '{"name":"World"}'
  aster call aster1… Chat.talk --types my_services:Chat < lines.json
  aster call - Counter.add '{"count":1}' '{"count":2}'
  aster call aster1… Sum.add --concurrency 16 < requests.jsonl`

export interface CallFlags extends ClientFlags, CallableFlags {
  readonly metadata?: readonly string[]
  readonly timeout?: string
  readonly repeat?: string
  readonly concurrency?: string
  readonly keepGoing?: boolean
}

/** Adds the options of commands that call a method. */
export function addCallableFlags(command: Command): Command {
  return addTypeFlags(command)
    .option(
      '--kind <kind>',
      'unary, server-stream, client-stream or bidi-stream, if the types are not known (default: unary)',
    )
    .option('--service-version <number>', 'the version of the service (default: the highest that is offered)')
    .option('--channel <name>', 'the channel of the service (default: rpc)')
}

export function addCall(parent: Command, io: CommandIo): void {
  const command = addAddress(
    parent.command('call').description('call a method; answers are lines of JSON, bytes in base64'),
  )
    .argument('<target>', 'Service.method')
    .argument('[requests...]', 'JSON, a request each; - or none with a pipe: a line of stdin each (default: {})')
  addClientFlags(
    addCallableFlags(command)
      .option('--metadata <key=value>', 'metadata of the call; may be repeated', collect, [])
      .option('--timeout <ms>', 'how long a call may take (default: that of the method)')
      .option('--repeat <times>', 'send the requests this often')
      .option('--concurrency <number>', 'unary calls at a time; answers keep their order (default: 1)')
      .option('--keep-going', 'go on after a call has failed; the exit code is that of the first failure'),
    '--connect-timeout',
  )
    .option('--json', 'write errors as JSON, too')
    .addHelpText('after', EXAMPLES)
    .action((address: string, target: string, requests: string[], flags: CallFlags) =>
      call(io, { address, target, requests }, flags),
    )
}

interface CallWords {
  readonly address: string
  readonly target: string
  readonly requests: readonly string[]
}

async function call(io: CommandIo, { address, target, requests }: CallWords, flags: CallFlags): Promise<void> {
  const options = parseCallOptions(flags)
  const repeat = parseCount('--repeat', flags.repeat, 1)
  const concurrency = parseCount('--concurrency', flags.concurrency, 1)
  if (repeat > 1 && isFromStdin(io, requests))
    throw usageError('--repeat', 'expected requests as arguments, not on stdin')
  // Parsed before the producer is dialled, so that mistakes are reported at once.
  if (!isFromStdin(io, requests)) argumentRequests(requests).forEach(valueOf)
  using interrupt = new Interrupt(io)
  const { signal } = interrupt
  try {
    await using client = await connect(io, address, { flags: connectFlags(flags), signal })
    await using callable = await openCallable(io, client, { target, flags, signal })
    const run = new Run(io, callable, { ...options, signal })
    await run.all(untilAborted(readRequests(io, requests, repeat), signal), {
      concurrency,
      keepGoing: flags.keepGoing === true,
    })
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  }
}

/** Returns the flags of the client. `--timeout` is not one of them: it limits a call. */
export function connectFlags({ timeout: _timeout, ...flags }: CallFlags): ClientFlags {
  return flags
}

export function parseCallOptions({ metadata = [], timeout }: CallFlags): CallOptions {
  return {
    ...(metadata.length > 0 && { metadata: parseMetadata(metadata) }),
    ...(timeout !== undefined && { timeoutMs: parseTimeout('--timeout', timeout) }),
  }
}

function parseMetadata(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw usageError('--metadata', `expected key=value, found ${quoted(maskKeys(pair))}`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}

export function parseCount(option: string, text: string | undefined, byDefault: number): number {
  if (text === undefined) return byDefault
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usageError(option, 'expected a positive integer')
  return Number(text)
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

interface RunOptions {
  readonly concurrency: number
  readonly keepGoing: boolean
}

/** Makes the calls of one command and prints their answers. */
class Run {
  readonly #io: CommandIo
  readonly #callable: Callable
  readonly #options: CallOptions
  readonly #out: LineWriter
  readonly #progress: Progress
  #failure: unknown

  constructor(io: CommandIo, callable: Callable, options: CallOptions) {
    this.#io = io
    this.#callable = callable
    this.#options = options
    this.#out = new LineWriter(io)
    this.#progress = new Progress(io, 'answers')
  }

  async all(requests: AsyncGenerator<readonly Request[]>, options: RunOptions): Promise<void> {
    try {
      await this.#run(requests, options)
    } finally {
      this.#progress.clear()
      await this.#out.flush()
      // Stdin may still be open, so that `return` is not awaited.
      void requests.return(undefined).catch(() => {})
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  async #run(requests: AsyncGenerator<readonly Request[]>, options: RunOptions): Promise<void> {
    switch (this.#callable.kind) {
      case 'unary':
        return this.#unary(requests, options)
      case 'serverStream':
        return this.#serverStreams(requests, options)
      case 'clientStream':
        return this.#clientStream(requests)
      case 'bidiStream':
        return this.#converse(requests)
    }
  }

  /** Makes a call for each request. The answers keep the order of the requests. */
  async #unary(requests: AsyncIterable<readonly Request[]>, { concurrency, keepGoing }: RunOptions): Promise<void> {
    const { calls, method } = this.#callable
    const { signal, ...others } = this.#options
    // A listener on the signal costs more than the call itself. For concurrent calls there is one listener, here; the client,
    // which closes afterwards, cancels the calls.
    const options = concurrency === 1 ? this.#options : others
    const queue = new OrderedCalls(concurrency)
    using _heard = onAbort(signal, () => queue.stop(signal?.reason))
    const tellReady = async (): Promise<void> => {
      for (let one = queue.take(); one !== undefined; one = queue.take()) {
        if ('error' in one) this.#fail(one.error, one.request, keepGoing)
        else {
          const isWritten = this.#answer(one.answer)
          if (isWritten !== undefined) await isWritten
        }
      }
    }
    const finishAll = async (): Promise<void> => {
      while (queue.isBusy) {
        await queue.next()
        await tellReady()
      }
    }
    for await (const batch of requests) {
      for (const request of batch) {
        while (queue.isFull) {
          await queue.next()
          await tellReady()
        }
        let value: unknown
        try {
          value = valueOf(request)
        } catch (error) {
          // The requests before a line that is not JSON still get their answers.
          await finishAll()
          throw error
        }
        queue.add(request, calls.call(method, value, options))
      }
    }
    await finishAll()
  }

  async #serverStreams(requests: AsyncIterable<readonly Request[]>, { keepGoing }: RunOptions): Promise<void> {
    const { calls, method } = this.#callable
    for await (const batch of requests) {
      for (const request of batch) {
        const value = valueOf(request)
        try {
          for await (const answer of calls.serverStream(method, value, this.#options)) await this.#answer(answer)
        } catch (error) {
          this.#fail(error, request, keepGoing)
        }
      }
    }
  }

  async #clientStream(requests: AsyncIterable<readonly Request[]>): Promise<void> {
    const { calls, method } = this.#callable
    try {
      await this.#answer(await calls.clientStream(method, valuesOf(requests), this.#options))
    } catch (error) {
      throw toCallError(error)
    }
  }

  async #converse(requests: AsyncIterable<readonly Request[]>): Promise<void> {
    const { calls, method } = this.#callable
    const channel = calls.bidiStream(method, this.#options)
    let failure: unknown
    const sending = (async () => {
      try {
        for await (const value of valuesOf(requests)) await channel.send(value)
        channel.finish()
      } catch (error) {
        failure = error
        channel.cancel()
      }
    })()
    try {
      for await (const answer of channel) await this.#answer(answer)
    } catch (error) {
      // If a request could not be read, the call was cancelled for that reason.
      throw failure instanceof CliError ? failure : toCallError(error)
    }
    void sending
  }

  /** @throws the error of the call, unless further calls follow it */
  #fail(error: unknown, { label }: Request, keepGoing: boolean): void {
    const failure = toCallError(error, label === 'request' ? undefined : label)
    const told = callFailure(failure)
    if (!keepGoing || told === undefined || this.#options.signal?.aborted === true) throw failure
    this.#failure ??= failure
    this.#progress.clear()
    void this.#out.flush()
    printError(this.#io, told)
  }

  #answer(answer: unknown): Promise<void> | undefined {
    this.#progress.add()
    return this.#out.write(formatJsonLine(answer))
  }
}

function onAbort(signal: AbortSignal | undefined, listener: () => void): Disposable {
  signal?.addEventListener('abort', listener)
  return { [Symbol.dispose]: () => signal?.removeEventListener('abort', listener) }
}

async function* valuesOf(requests: AsyncIterable<readonly Request[]>): AsyncGenerator<unknown> {
  for await (const batch of requests) for (const request of batch) yield valueOf(request)
}

function toCallError(error: unknown, label?: string): unknown {
  if (!(error instanceof RpcError)) return error
  // The cause is the error of the requests of a stream, if these failed.
  return error.cause instanceof CliError ? error.cause : new CallError(error, label)
}
