import { type AsterClient, RpcError, StatusCode } from '@aster/client'
import { HealthService } from '@aster/health'
import type { Command } from 'commander'
import { CliError, usageError } from '../cli-error.ts'
import { addClientFlags, type ClientFlags, parseTimeout } from '../client-options.ts'
import type { CommandIo } from '../io.ts'
import { facts } from '../output/columns.ts'
import { print } from '../output/print.ts'
import { styleFor } from '../output/style.ts'
import { addAddress, connect } from '../remote/connect.ts'
import { Interrupt } from '../remote/interrupt.ts'
import { formatMs, Latencies } from '../remote/latencies.ts'
import { connectFlags, parseCount } from './call.ts'

const EXAMPLES = `
Examples:
  aster ping aster1…
  aster ping aster1… --count 100 --interval 10 --json`

interface Options extends ClientFlags {
  readonly count?: string
  readonly interval?: string
}

export function addPing(parent: Command, io: CommandIo): void {
  const command = addAddress(parent.command('ping').description('measure how long a producer takes to answer'))
  addClientFlags(
    command
      .option('--count <number>', 'how many pings (default: 5)')
      .option('--interval <ms>', 'from one ping to the next (default: 1000)')
      .option('--timeout <ms>', 'how long an answer may take (default: 5000)'),
    '--connect-timeout',
  )
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((address: string, options: Options) => ping(io, address, options))
}

async function ping(io: CommandIo, address: string, options: Options): Promise<void> {
  const count = parseCount('--count', options.count, 5)
  const interval = options.interval === undefined ? 1000 : parseInterval(options.interval)
  const timeoutMs = options.timeout === undefined ? 5000 : parseTimeout('--timeout', options.timeout)
  using interrupt = new Interrupt(io)
  const { signal } = interrupt
  const began = performance.now()
  try {
    await using client = await connect(io, address, { flags: connectFlags(options), signal })
    const connectMs = performance.now() - began
    const send = await openPing(client, timeoutMs, signal)
    // Counted apart from the others, since the first ping opens the connection for calls.
    await send()
    const firstMs = performance.now() - began
    const style = styleFor(io.stdout, io.env)
    const latencies = new Latencies()
    let failed = 0
    for (let i = 1; i <= count && !signal.aborted; i++) {
      const sent = performance.now()
      try {
        await send()
        const ms = performance.now() - sent
        latencies.record(ms)
        if (!io.json) io.stdout.write(`${style.dim(`${i}`)} ${formatMs(ms)}\n`)
      } catch (error) {
        if (signal.aborted || !(error instanceof RpcError)) break
        failed += 1
        if (!io.json) io.stdout.write(`${style.dim(`${i}`)} ${style.bad('no answer')}\n`)
      }
      if (i < count) await wait(interval - (performance.now() - sent), signal)
    }
    const { endpointId } = client.producer
    const summary = latencies.summary()
    print(io, {
      result: { endpointId, connectMs, firstAnswerMs: firstMs, failed, ...summary },
      format: (colours) =>
        facts(colours, [
          ['', undefined],
          ['producer', endpointId],
          ['admitted in', formatMs(connectMs)],
          ['first answer in', formatMs(firstMs)],
          ['answers', `${summary.count} of ${summary.count + failed}`],
          ...(summary.count === 0
            ? []
            : ([
                ['fastest', formatMs(summary.minMs)],
                ['median', formatMs(summary.p50Ms)],
                ['slowest', formatMs(summary.maxMs)],
              ] as const)),
        ]),
    })
    if (failed > 0 && summary.count === 0) throw new CliError('the producer did not answer')
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  }
}

/** Returns a function that resolves when the producer has answered a call that does nothing. */
export async function openPing(
  client: AsterClient,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const options = { timeoutMs, signal }
  const { services } = client
  if (services.some(({ name, version }) => name === HealthService.name && version === HealthService.version)) {
    const health = await client.client(HealthService)
    return async () => void (await health.check({}, options))
  }
  const shared = services.find(({ pattern }) => pattern === 'shared')
  const [any] = services
  if (any === undefined) throw new CliError('the producer offers no service to call')
  const calls =
    shared === undefined
      ? await client.dynamicSession(any.name, { version: any.version })
      : client.dynamic(shared.name, { version: shared.version })
  // Any answer counts, even the expected one that the producer has no such method.
  return async () => {
    try {
      await calls.call('aster.ping', {}, options)
    } catch (error) {
      if (!(error instanceof RpcError) || NO_ANSWER.includes(error.code)) throw error
    }
  }
}

const NO_ANSWER: readonly StatusCode[] = [StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED, StatusCode.CANCELLED]

function parseInterval(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw usageError('--interval', 'expected milliseconds, from 0')
  return Number(text)
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}
