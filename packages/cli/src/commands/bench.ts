import { type CallOptions, RpcError, statusCodeName } from '@aster/client'
import type { Command } from 'commander'
import { CliError, usageError } from '../cli-error.ts'
import { addClientFlags } from '../client-options.ts'
import type { CommandIo } from '../io.ts'
import { facts } from '../output/columns.ts'
import { print } from '../output/print.ts'
import type { Style } from '../output/style.ts'
import { CallError } from '../remote/call-error.ts'
import { type Callable, openCallable } from '../remote/callable.ts'
import { addAddress, connect } from '../remote/connect.ts'
import { KINDS } from '../remote/format-type.ts'
import { Interrupt } from '../remote/interrupt.ts'
import { parseJson } from '../remote/json-text.ts'
import { formatMs, Latencies } from '../remote/latencies.ts'
import { addCallableFlags, type CallFlags, connectFlags, parseCallOptions, parseCount } from './call.ts'

const EXAMPLES = `
Examples:
  aster bench aster1… HelloService.say_hello '{"name":"World"}'
  aster bench aster1… Files.list --requests 1000 --concurrency 1 --json`

interface Options extends CallFlags {
  readonly requests?: string
  readonly duration?: string
  readonly warmup?: string
}

export function addBench(parent: Command, io: CommandIo): void {
  const command = addAddress(
    parent.command('bench').description('call a method repeatedly; measure latencies and calls per second'),
  )
    .argument('<target>', 'Service.method, unary or server-stream')
    .argument('[request]', 'JSON', '{}')
  addClientFlags(
    addCallableFlags(command)
      .option('--concurrency <number>', 'calls at a time (default: 16)')
      .option('--duration <seconds>', 'how long (default: 5)')
      .option('--requests <number>', 'how many calls, in place of --duration')
      .option('--warmup <number>', 'calls before, which do not count (default: 100)')
      .option(
        '--metadata <key=value>',
        'metadata of the calls; may be repeated',
        (one, all: string[]) => [...all, one],
        [],
      )
      .option('--timeout <ms>', 'how long a call may take (default: that of the method)'),
    '--connect-timeout',
  )
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((address: string, target: string, request: string, options: Options) =>
      bench(io, { address, target, request }, options),
    )
}

async function bench(
  io: CommandIo,
  { address, target, request }: { readonly address: string; readonly target: string; readonly request: string },
  flags: Options,
): Promise<void> {
  const concurrency = parseCount('--concurrency', flags.concurrency, 16)
  const limit = flags.requests === undefined ? Infinity : parseCount('--requests', flags.requests, 1)
  const seconds = parseSeconds(flags.duration)
  const warmup = flags.warmup === '0' ? 0 : parseCount('--warmup', flags.warmup, 100)
  const value = parseJson(request, 'request')
  const options = parseCallOptions(flags)
  using interrupt = new Interrupt(io)
  const { signal } = interrupt
  try {
    await using client = await connect(io, address, { flags: connectFlags(flags), signal })
    await using callable = await openCallable(io, client, { target, flags, signal })
    const call = benchCall(callable, value, { ...options, signal })
    // If the first call fails, every call would fail.
    await call().catch((error: unknown) => {
      throw error instanceof RpcError ? new CallError(error) : error
    })
    await runCalls(call, { concurrency, limit: warmup, untilMs: Infinity, signal })
    const untilMs = flags.requests === undefined ? seconds * 1000 : Infinity
    const measured = await runCalls(call, { concurrency, limit, untilMs, signal })
    print(io, { result: resultOf(measured, concurrency), format: (style) => format(measured, concurrency, style) })
    if (signal.aborted) throw signal.reason
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  }
}

function benchCall({ calls, method, kind }: Callable, value: unknown, options: CallOptions): () => Promise<unknown> {
  if (kind === 'unary') return () => calls.call(method, value, options)
  if (kind !== 'serverStream')
    throw new CliError(`bench is for unary and server-stream methods; this one is ${KINDS[kind]}`)
  return async () => {
    for await (const _ of calls.serverStream(method, value, options));
  }
}

interface Measured {
  readonly latencies: Latencies
  readonly failures: ReadonlyMap<string, number>
  readonly elapsedMs: number
}

interface Plan {
  readonly concurrency: number
  readonly limit: number
  readonly untilMs: number
  readonly signal: AbortSignal
}

async function runCalls(
  call: () => Promise<unknown>,
  { concurrency, limit, untilMs, signal }: Plan,
): Promise<Measured> {
  const latencies = new Latencies()
  const failures = new Map<string, number>()
  const began = performance.now()
  let started = 0
  const worker = async (): Promise<void> => {
    while (started < limit && !signal.aborted && performance.now() - began < untilMs) {
      started += 1
      const sent = performance.now()
      try {
        await call()
        latencies.record(performance.now() - sent)
      } catch (error) {
        if (!(error instanceof RpcError)) throw error
        if (signal.aborted) return
        const name = statusCodeName(error.code)
        failures.set(name, (failures.get(name) ?? 0) + 1)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, limit) }, worker))
  return { latencies, failures, elapsedMs: performance.now() - began }
}

function resultOf({ latencies, failures, elapsedMs }: Measured, concurrency: number) {
  const perSecond = Math.round((latencies.count * 1000) / elapsedMs)
  return { concurrency, elapsedMs, perSecond, failures: Object.fromEntries(failures), latency: latencies.summary() }
}

function format(measured: Measured, concurrency: number, style: Style): string {
  const { perSecond, elapsedMs, latency } = resultOf(measured, concurrency)
  const failed = [...measured.failures].map(([name, count]) => `${count.toLocaleString('en')} ${name}`)
  const rows = facts(style, [
    ['calls', `${latency.count.toLocaleString('en')} in ${formatMs(elapsedMs)}, ${concurrency} at a time`],
    ['failed', failed.length === 0 ? undefined : style.bad(failed.join(', '))],
    ['calls per second', style.bold(perSecond.toLocaleString('en'))],
    ['fastest', formatMs(latency.minMs)],
    ['mean', formatMs(latency.meanMs)],
    ['median', formatMs(latency.p50Ms)],
    ['90 %', formatMs(latency.p90Ms)],
    ['99 %', formatMs(latency.p99Ms)],
    ['99.9 %', formatMs(latency.p999Ms)],
    ['slowest', formatMs(latency.maxMs)],
  ])
  return latency.count === 0 ? rows : `${rows}\n\n${measured.latencies.bars(style)}`
}

function parseSeconds(text: string | undefined): number {
  if (text === undefined) return 5
  const value = /^\d{1,6}(?:\.\d{1,3})?s?$/.test(text) ? Number(text.replace('s', '')) : 0
  if (value <= 0) throw usageError('--duration', 'expected seconds above 0')
  return value
}
