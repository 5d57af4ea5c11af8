// A definition that differs from the producer's, over memory.
import { AsterClient, type AsterClientOptions, ContractMismatchError, type Logger } from '@aster/client'
import { contractId } from '@aster/contract'
import { bidiStream, clientStream, defineService, implement, serverStream, StatusCode, t, unary } from '@aster/rpc-core'
import { CHANGE_ADVICE } from '@aster/rpc-core/schema'
import { collect, failure } from '@aster/test-services'
import { MemoryNetwork } from '@aster/transport-memory'
import { afterEach, expect, it } from 'vitest'
import { LittleProducer } from './little-producer.ts'

const Old = t.struct('tests/Reading', { value: t.int })
const New = t.struct('tests/Reading', { value: t.string, unit: t.string })
const methodsOf = <T extends typeof Old | typeof New>(type: T) => ({
  read: unary(type, type),
  watch: serverStream(type, type),
  exchange: bidiStream(type, type),
})
const Here = defineService({ name: 'Meter', methods: methodsOf(Old) })
const There = defineService({ name: 'Meter', methods: methodsOf(New) })
const meter = implement(There, {
  read(reading) {
    if (reading.unit === 'throw') throw new Error('as a handler may')
    return reading
  },
  async *watch(reading) {
    if (reading.unit === 'none') return
    yield reading
    if (reading.unit === 'twice') yield reading
  },
  exchange: (readings) => readings,
})

const open: AsterClient[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function connect(offered: string, options: AsterClientOptions = {}) {
  const producer = new LittleProducer(new MemoryNetwork(), { services: [meter], contractId: offered })
  const hints: [object, string][] = []
  const logger: Logger = { debug() {}, info: (fields, text) => void hints.push([fields, text]), warn() {}, error() {} }
  const client = await AsterClient.connect({ ...producer.clientOptions, logger, ...options })
  open.push(client)
  return { client, hints }
}

const hint = `the producer's contract id of service 'Meter' is ${contractId(There)}, and the definition here has another`

it('causes a hint in the log, and in the error of every call that cannot be decoded', async () => {
  const { client, hints } = await connect(contractId(There))
  const here = await client.client(Here)
  expect(hints).toEqual([[{ service: 'Meter', version: 1 }, expect.stringContaining(hint)]])
  const chat = here.exchange()
  await chat.send({ value: 1 })
  for (const call of [here.read({ value: 1 }), collect(here.watch({ value: 1 })), chat.recv()]) {
    const error = await failure(call)
    expect([StatusCode.CONTRACT_VIOLATION, StatusCode.DATA_LOSS]).toContain(error.code)
    expect(error.message).toContain(hint)
    expect(error.message.endsWith(`; ${CHANGE_ADVICE}`)).toBe(true)
  }
})

it('causes a hint in errors for methods that are missing, or have another pattern', async () => {
  const Odd = defineService({
    name: 'Meter',
    methods: {
      missing: unary(New, New),
      watch: unary(New, New),
      read: clientStream(New, New),
    },
  })
  const { client } = await connect(contractId(There))
  const odd = await client.client(Odd)
  for (const [code, call] of [
    [StatusCode.UNIMPLEMENTED, odd.missing({})],
    // The handler yields nothing for this one, and two responses for the next.
    [StatusCode.INTERNAL, odd.watch({ unit: 'none' })],
    [StatusCode.INTERNAL, odd.watch({ unit: 'twice' })],
    [StatusCode.INVALID_ARGUMENT, odd.read([])],
    [StatusCode.UNKNOWN, odd.read([{ unit: 'throw' }])],
  ] as const) {
    const error = await failure(call)
    expect(error.code).toBe(code)
    expect(error.message).toContain(hint)
  }
})

it('causes no hint if the ids agree, or if the producer offers none', async () => {
  for (const offered of [contractId(There), '']) {
    const { client, hints } = await connect(offered)
    const there = await client.client(There)
    expect(await there.read({ value: 'x', unit: 'm' })).toEqual({ value: 'x', unit: 'm' })
    expect(hints).toEqual([])
  }
  const { client } = await connect('')
  const here = await client.client(Here)
  expect((await failure(here.read({ value: 1 }))).message).not.toContain('contract id')
})

it('does not affect calls that can be decoded', async () => {
  const { client, hints } = await connect('0'.repeat(64))
  const there = await client.client(There)
  expect(await there.read({ value: 'x' })).toEqual({ value: 'x', unit: '' })
  expect(hints).toHaveLength(1)
})

it('is refused with strictContract', async () => {
  const { client } = await connect(contractId(There), { strictContract: true })
  await expect(client.client(Here)).rejects.toThrow(ContractMismatchError)
  await expect(client.client(Here)).rejects.toThrow(
    `service 'Meter' v1: the definition has the contract id ${contractId(Here)}, and the producer offers ${contractId(There)}`,
  )
  expect(await (await client.client(There)).read({})).toEqual({ value: '', unit: '' })
  const { client: other } = await connect('', { strictContract: true })
  await expect(other.client(There)).rejects.toThrow('and the producer offers none')
})
