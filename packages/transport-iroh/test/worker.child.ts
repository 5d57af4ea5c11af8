// Workers that use iroh, close what they opened, and end in different ways; the main thread has a connection too.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { IrohTransport } from '@aster/transport-iroh'

const options = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const
const codes: unknown[] = []
process.on('warning', (warning) => void codes.push('code' in warning ? warning.code : warning.name))

async function open() {
  const [producer, consumer] = [await IrohTransport.bind(options), await IrohTransport.bind(options)]
  const listening = producer.listen({ alpns: ['test'] })[Symbol.asyncIterator]()
  const connection = await consumer.connect(producer.localAddress, { alpn: 'test' })
  const incoming = (await listening.next()).value.incomingStreams()[Symbol.asyncIterator]()
  return {
    async echo(text: string): Promise<string> {
      const stream = await connection.openStream()
      await stream.write(new TextEncoder().encode(text))
      const theirs = (await incoming.next()).value
      await theirs.write((await theirs.read()) ?? new Uint8Array(0), { finish: true })
      const answer = new TextDecoder().decode(await stream.read())
      stream.stop(0)
      stream.reset(0)
      return answer
    },
    close: () => Promise.all([consumer.close(), producer.close()]),
  }
}

interface Message {
  readonly answer: string
  readonly codes: readonly unknown[]
}

/** Runs a worker to its end. Returns its message and its exit code. */
async function runWorker(end: string): Promise<Message & { readonly exitCode: number }> {
  const worker = new Worker(new URL(import.meta.url), { workerData: end })
  const exited = new Promise<number>((resolve) => worker.once('exit', resolve))
  const message = await new Promise<Message>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    void exited.then((code) => reject(new Error(`the worker ended with ${code}`)))
  })
  if (end === 'terminate') await worker.terminate()
  return { ...message, exitCode: await exited }
}

if (isMainThread) {
  const own = await open()
  const ends = []
  // First one after the other, then two at once.
  for (const end of ['return', 'exit', 'terminate']) ends.push(await runWorker(end))
  ends.push(...(await Promise.all([runWorker('return'), runWorker('exit')])))
  const answer = await own.echo('main')
  await own.close()
  process.stdout.write(JSON.stringify({ ends, answer, codes }))
} else {
  const own = await open()
  const answer = await own.echo('worker')
  await own.close()
  const end: unknown = workerData
  parentPort?.postMessage({ answer, codes })
  if (end === 'exit') process.exit(0)
  if (end === 'terminate') setInterval(() => {}, 1000)
}
