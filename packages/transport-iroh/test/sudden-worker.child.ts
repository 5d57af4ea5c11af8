// Workers that end while operations of every kind are in progress; the main thread has a connection too.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Pair } from './under-way.ts'

/** Runs a worker until its operations are in progress, and to its end. */
async function runWorker(how: string): Promise<{ readonly exitCode: number; readonly error: string | undefined }> {
  const worker = new Worker(new URL(import.meta.url), { workerData: how })
  let error: string | undefined
  worker.once('error', ({ message }: Error) => (error = message))
  const exited = new Promise<number>((resolve) => worker.once('exit', resolve))
  await new Promise((resolve) => worker.once('message', resolve))
  if (how === 'terminate') await worker.terminate()
  else worker.postMessage('end')
  return { exitCode: await exited, error }
}

if (isMainThread) {
  const pair = await Pair.open()
  const ends = []
  for (let i = 0; i < 2; i++) {
    const [terminated, ended, thrown] = await Promise.all([
      runWorker('terminate'),
      runWorker('exit'),
      runWorker('throw'),
    ])
    ends.push({ terminated: terminated.exitCode, ended: ended.exitCode, thrown: thrown.error })
  }
  const answer = await pair.echo('main')
  await pair.close()
  process.stdout.write(JSON.stringify({ ends, answer }))
} else {
  const pair = await Pair.open()
  await pair.echo('worker')
  await pair.begin()
  parentPort?.once('message', () => {
    if (workerData === 'exit') process.exit(3)
    throw new Error('not today')
  })
  parentPort?.postMessage('under way')
}
