import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect } from 'vitest'
import { type Program, startProgram, stopPrograms } from '../programs/start.mjs'
import { askAdmission, closeEndpoints, dial, type RawConnection, type RawEndpoint, rawEndpoint } from './raw.ts'

afterEach(async () => {
  await stopPrograms()
  await closeEndpoints()
})

/** The figures of a process: sizes in MiB, and the longest stall of the event loop since the last question in milliseconds. */
export interface Figures {
  readonly rss: number
  readonly heap: number
  readonly external: number
  readonly stall: number
  readonly wall: number
  readonly faults: readonly string[]
}

export interface ProducerFigures extends Figures {
  readonly lines: number
  readonly characters: number
  readonly running: number
  readonly mostRunning: number
  readonly instances: number
  readonly mostInstances: number
  readonly stats?: Readonly<Record<string, unknown>>
}

interface Politeness {
  readonly answered: number
  readonly p99: number
  readonly longest: number
  readonly failures: readonly string[]
  readonly wall: number
}

/** Returns the MiB that are in use, without memory that the process keeps for later. */
export function held({ heap, external }: Figures): number {
  return heap + external
}

/** A producer and a polite client of it, each a process of its own. */
export class Scene {
  readonly producer: Program
  readonly address: string
  readonly before: ProducerFigures
  readonly #polite: Program
  #longestControl = 0
  #longestStall = 0
  /** The longest wait for a core, in milliseconds. */
  #longestWait = 0
  #highest = 0

  private constructor(producer: Program, polite: Program, address: string, before: ProducerFigures) {
    this.producer = producer
    this.#polite = polite
    this.address = address
    this.before = before
  }

  static async start(options: Readonly<Record<string, unknown>> = {}): Promise<Scene> {
    const producer = startProgram('./producer.mjs', options)
    const address = (await producer.ask('address')) as string
    const polite = startProgram('./polite.mjs')
    await polite.ask('start', address)
    await sleep(300)
    await polite.ask('report')
    return new Scene(producer, polite, address, (await producer.ask('collected')) as ProducerFigures)
  }

  /** Returns an attacker that was admitted, as all are with `allowAllConsumers`, and its connection for calls. */
  async attacker(): Promise<{ endpoint: RawEndpoint; connection: RawConnection; id: string }> {
    const endpoint = await rawEndpoint()
    expect(await askAdmission(endpoint, this.address)).toContain('"admitted"')
    return { endpoint, connection: await dial(endpoint, this.address), id: endpoint.id().toString() }
  }

  async figures(): Promise<ProducerFigures> {
    const figures = (await this.producer.ask('figures')) as ProducerFigures
    this.#longestStall = Math.max(this.#longestStall, figures.stall)
    this.#longestWait = Math.max(this.#longestWait, figures.wall - figures.stall)
    this.#highest = Math.max(this.#highest, figures.rss)
    return figures
  }

  /** Returns the figures after a garbage collection, whose stall does not count for the attack. */
  async collected(): Promise<ProducerFigures> {
    await this.figures()
    const figures = (await this.producer.ask('collected')) as ProducerFigures
    await this.producer.ask('figures')
    return figures
  }

  /** Polls the figures of the producer until the attack is over. */
  async watch<T>(attack: Promise<T>): Promise<T> {
    let over = false
    const result = attack.finally(() => {
      over = true
    })
    result.catch(() => {})
    while (!over) {
      await this.figures()
      await Promise.race([result.catch(() => {}), sleep(250)])
    }
    return result
  }

  /**
   * Checks the conditions that hold after every attack: the producer has no fault, the polite client was served, and memory and
   * stalls are within bounds. The waits of the producer and of the idle client for a core are added to the bound of latencies.
   *
   * @param rss the most MiB of the producer in all
   * @param growth the most MiB beyond those before the attack
   */
  async holds(
    what: string,
    { rss = 1_024, growth = 1_024, stall = 1_000 }: Partial<Record<'rss' | 'growth' | 'stall', number>> = {},
  ): Promise<void> {
    const figures = await this.figures()
    const polite = (await this.#polite.ask('report')) as Politeness
    this.#longestControl = Math.max(this.#longestControl, polite.wall)
    const busy = 3 * Math.max(0, this.#longestControl - 50) + 2 * this.#longestWait
    report(what, {
      rss: `${this.before.rss}…${this.#highest}`,
      stall: this.#longestStall,
      machine: Math.max(this.#longestControl, this.#longestWait),
      polite: `${polite.answered} answered, ${polite.failures.length} failed, p99 ${polite.p99}, max ${polite.longest}`,
      lines: figures.lines - this.before.lines,
      ...(figures.stats === undefined ? {} : { stats: figures.stats }),
    })
    expect(figures.faults).toEqual([])
    expect.soft(polite.failures).toEqual([])
    expect.soft(polite.answered).toBeGreaterThan(0)
    expect.soft(polite.p99, 'ms, of 99 % of the polite calls').toBeLessThan(2_000 + busy)
    expect.soft(this.#highest, 'MiB of the producer').toBeLessThan(rss)
    expect.soft(this.#highest - this.before.rss, 'MiB that the attack took').toBeLessThan(growth)
    expect.soft(this.#longestStall, 'ms for which the event loop stood still').toBeLessThan(stall)
  }

  /** Returns the lines of the log since the beginning. */
  async log(): Promise<readonly string[]> {
    return (await this.producer.ask('log')) as string[]
  }
}

/** A consumer of ours, as a process of its own, for producers that lie. */
export class Victim {
  readonly #program = startProgram('./consumer.mjs')

  /** @returns `'OK'`, or the error as a string */
  connect(endpointAddr: string, options: Readonly<Record<string, unknown>> = {}): Promise<string> {
    return this.#program.ask('connect', { endpointAddr, ...options }) as Promise<string>
  }

  visit(endpointAddr: string, options: Readonly<Record<string, unknown>> = {}): Promise<string> {
    return this.#program.ask('visit', { endpointAddr, ...options }) as Promise<string>
  }

  /** Returns the number of each outcome. */
  call(what: {
    method: string
    request: unknown
    times?: number
    atOnce?: number
    timeoutMs?: number
  }): Promise<Readonly<Record<string, number>>> {
    return this.#program.ask('call', what) as Promise<Record<string, number>>
  }

  ask<T>(command: string, argument?: unknown): Promise<T> {
    return this.#program.ask(command, argument) as Promise<T>
  }

  figures(): Promise<Figures> {
    return this.ask('figures')
  }
}

/** Prints a line of figures in the output of the tests. */
export function report(what: string, figures: Readonly<Record<string, unknown>>): void {
  console.log(`hostile: ${what}: ${JSON.stringify(figures)}`)
}

/** Resolves with the first result of `look` that is wanted, or with the last result when the time is over. */
export async function eventually<T>(look: () => Promise<T>, isWanted: (found: T) => boolean, ms: number): Promise<T> {
  const until = performance.now() + ms
  for (;;) {
    const found = await look()
    if (isWanted(found) || performance.now() > until) return found
    await sleep(100)
  }
}
