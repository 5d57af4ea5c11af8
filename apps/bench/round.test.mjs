import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { runSystem } from './round.mjs'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const system = { name: 'x', server: { file: 'x' }, client: { file: 'x' } }
const never = new Promise(() => {})

/** Returns a replacement of `startChild` that records the processes that would be started and stopped. */
function children() {
  const log = []
  let count = 0
  return {
    log,
    start: async (role) => {
      const name = `${role} ${++count}`
      log.push(`start ${name}`)
      return {
        name,
        ask: async (command) => (command === 'serve' ? 'an address' : undefined),
        stop: () => log.push(`stop ${name}`),
      }
    },
  }
}

const workload = (name, run, rest = {}) => ({ name, pair: 'shared', seconds: 10, rows: [], run, ...rest })

async function collect(workloads, { start }, quick = false) {
  const steps = []
  for await (const { workload, figures, error } of runSystem(system, workloads, { scale: { ms: 1, quick }, start }))
    steps.push({ workload, ...(figures && { figures }), ...(error && { error }) })
  return steps
}

it('runs steps that share processes in the same ones, and others in new ones', async () => {
  const { log, start } = children()
  const used = []
  const run = async ({ client, server, address }) => {
    used.push([client.name, server.name, address])
    return { a: 1 }
  }
  const steps = await collect([workload('one', run), workload('two', run), workload('own', run, { pair: 'own' })], {
    start,
  })
  expect(steps.map(({ figures }) => figures)).toEqual([{ a: 1 }, { a: 1 }, { a: 1 }])
  expect(used).toEqual([
    ['client 2', 'server 1', 'an address'],
    ['client 2', 'server 1', 'an address'],
    ['client 4', 'server 3', 'an address'],
  ])
  expect(log.filter((line) => line.startsWith('stop')).sort((a, b) => (a < b ? -1 : 1))).toEqual([
    'stop client 2',
    'stop client 4',
    'stop server 1',
    'stop server 3',
  ])
})

it('continues with new processes after a step that fails, and keeps its figures', async () => {
  const { log, start } = children()
  const fails = ({ figures }) => {
    figures.part = 5
    return Promise.reject(new Error('wrong reply'))
  }
  const steps = await collect(
    [workload('bad', fails), workload('good', async ({ client }) => ({ name: client.name }))],
    { start },
  )
  expect(steps).toEqual([
    { workload: 'bad', error: 'wrong reply', figures: { part: 5 } },
    { workload: 'good', figures: { name: 'client 4' } },
  ])
  expect(log.slice(0, 5)).toEqual([
    'start server 1',
    'start client 2',
    'stop server 1',
    'stop client 2',
    expect.any(String),
  ])
})

it('stops a step that exceeds its time', async () => {
  const { log, start } = children()
  const steps = collect([workload('hangs', () => never), workload('good', async () => ({ a: 1 }))], { start })
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await steps).toEqual([
    { workload: 'hangs', error: 'no end after 10 s' },
    { workload: 'good', figures: { a: 1 } },
  ])
  expect(log).toContain('stop client 2')
})

it('stops a process that becomes ready after its step was stopped', async () => {
  const { log, start } = children()
  let isLate = true
  const slow = async (role) => {
    const child = await start(role)
    if (isLate) await new Promise((resolve) => setTimeout(resolve, 15_000))
    return child
  }
  const steps = collect([workload('late', async () => ({ a: 1 }))], { start: slow })
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await steps).toEqual([{ workload: 'late', error: 'no end after 10 s' }])
  isLate = false
  await vi.advanceTimersByTimeAsync(5_000)
  expect(log).toContain('stop server 1')
})

it('stops the further clients of a step', async () => {
  const { log, start } = children()
  const run = async ({ startClient }) => {
    await startClient()
    return {}
  }
  await collect([workload('one', run), workload('two', async () => ({}))], { start })
  expect(log.indexOf('stop client 3')).toBeLessThan(log.indexOf('stop client 2'))
})

it('starts fewer processes in a quick run', async () => {
  const { log, start } = children()
  await collect(
    [workload('one', async () => ({})), workload('own', async () => ({}), { pair: 'own' })],
    { start },
    true,
  )
  expect(log.filter((line) => line.startsWith('start'))).toEqual(['start server 1', 'start client 2'])
})
