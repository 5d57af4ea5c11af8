import { createInterface } from 'node:readline'
import { startPython } from './python-process.ts'

/** A service as the producer announces it. */
export interface PythonService {
  readonly name: string
  readonly version: number
  readonly contract_id: string
  readonly [key: string]: unknown
}

/** The credentials that `--issue DIR` wrote to a folder. */
export interface IssuedCredentials {
  readonly folder: string
  readonly consumer_endpoint_id: string
  readonly files: readonly string[]
}

/** A running `producer.py`. It ends with the test process at the latest: its stdin closes then. */
export interface PythonProducer {
  /** The address as a base64 NodeAddr. */
  readonly address: string
  /** The address as a ticket, `aster1…`. */
  readonly ticket: string
  /** 64 hex digits */
  readonly endpointId: string
  /** 64 hex digits; `undefined` if all consumers are admitted. */
  readonly rootPubkey: string | undefined
  readonly services: readonly PythonService[]
  readonly issued: IssuedCredentials | undefined
  readonly pid: number
  /** Closes its stdin and waits for the end. Kills the producer after 10 s. */
  stop(): Promise<void>
  /** Kills the producer, as a crash would. */
  kill(): void
  [Symbol.asyncDispose](): Promise<void>
}

interface ReadyLine {
  address: string
  ticket: string
  endpoint_id: string
  root_pubkey: string | null
  services: PythonService[]
  issued?: IssuedCredentials
}

const START_TIMEOUT_MS = 45_000
const STOP_TIMEOUT_MS = 10_000

/** Starts the Python producer and waits until it is ready. `args` as in the head of the script. */
export async function startProducer(args: readonly string[] = [], script = 'producer.py'): Promise<PythonProducer> {
  const { child, exited, stderr } = startPython(script, args)
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', resolve)
    void exited.then((code) => reject(new Error(`${script} ended (${code}) before it was ready:\n${stderr()}`)))
  }).finally(() => clearTimeout(timer))
  const ready = JSON.parse(line) as ReadyLine

  const stop = async (): Promise<void> => {
    child.stdin!.end()
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await exited
    clearTimeout(timer)
  }
  return {
    address: ready.address,
    ticket: ready.ticket,
    endpointId: ready.endpoint_id,
    rootPubkey: ready.root_pubkey ?? undefined,
    services: ready.services,
    issued: ready.issued,
    pid: child.pid!,
    stop,
    kill: () => void child.kill('SIGKILL'),
    [Symbol.asyncDispose]: stop,
  }
}
