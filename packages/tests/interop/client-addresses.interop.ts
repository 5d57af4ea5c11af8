// AsterClient against two Python producers at once, and against one with another contract.
import { AsterClient, ContractMismatchError, defineService, type Logger, StatusCode, t, unary } from '@aster/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type PythonProducer, startProducer } from './python-producer.ts'
import { Counter, Interop, Later } from './services.ts'
import { config } from './with-python.ts'

let producers: [PythonProducer, PythonProducer]
beforeAll(async () => {
  producers = await Promise.all([startProducer(), startProducer()])
})
afterAll(async () => {
  for (const producer of producers) await producer.stop()
})

it('a client computes the contract ids of Python, and adds a hint to errors if they differ', async () => {
  const hints: string[] = []
  const logger: Logger = { debug() {}, info: (_fields, text) => void hints.push(text), warn() {}, error() {} }
  const options = { config, endpointAddr: producers[0].ticket, logger }
  await using c = await AsterClient.connect(options)
  for (const service of [Interop, Later]) await c.client(service)
  await using _session = await c.session(Counter)
  expect(hints).toEqual([])

  const Ask = t.struct('interop/Ask', { text: t.string, size: t.int })
  const Other = defineService({ name: 'Interop', methods: { say: unary(Ask, Ask) } })
  const other = await c.client(Other)
  const id = producers[0].services.find(({ name }) => name === 'Interop')?.contract_id
  expect(hints).toEqual([expect.stringContaining(`contract id of service 'Interop' is ${id}`)])
  const error = await other.say({}).catch((reason: unknown) => reason)
  // Python answers UNKNOWN if two definitions of a struct differ.
  expect(error).toMatchObject({ code: StatusCode.UNKNOWN, message: expect.stringContaining(hints[0] ?? '') })

  await using strict = await AsterClient.connect({ ...options, strictContract: true })
  await expect(strict.client(Other)).rejects.toThrow(ContractMismatchError)
  expect(await (await strict.client(Interop)).say({ text: 'ada' })).toMatchObject({ text: 'hello ada' })
})

it('a client calls two producers in turn, and after the end of one the other', async () => {
  const endpointAddr = producers.map(({ ticket }) => ticket)
  const c = new AsterClient({ config, endpointAddr, policy: 'round-robin' })
  await using _closed = c
  let admissions = 0
  const both = new Promise<void>((resolve) => c.on('admitted', () => ++admissions === 2 && resolve()))
  const lost = new Promise<string>((resolve) => c.on('lost', ({ endpointId }) => resolve(endpointId)))
  await c.connect()
  await both
  const interop = await c.client(Interop)
  const said = async (producer: PythonProducer): Promise<number> => {
    await using one = await AsterClient.connect({ config, endpointAddr: producer.ticket })
    const { text } = await (await one.client(Interop)).stats({})
    return (JSON.parse(text) as Record<string, Record<string, number>>)['Interop.sleep']?.['started'] ?? 0
  }
  const before = await Promise.all(producers.map(said))
  for (let i = 0; i < 10; i++) await interop.sleep({ count: 0 })
  const after = await Promise.all(producers.map(said))
  expect(after.map((count, i) => count - (before[i] ?? 0))).toEqual([5, 5])

  await producers[1].stop()
  expect(await lost).toBe(producers[1].endpointId)
  for (let i = 0; i < 10; i++) expect(await interop.say({ text: 'x' })).toMatchObject({ text: 'hello x' })
  expect(c.state).toBe('connected')
})
