// Definitions that are generated from Python modules compile, have the same contract ids, and work with running producers.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  AsterClient,
  type Codec,
  type EnumType,
  ForyCodec,
  JsonCodec,
  type ServiceDefinition,
  type StructType,
  type Type,
} from '@aster/client'
import { check } from '@aster/rpc-core'
import { contractId } from '@aster/contract'
import { type Description, parseDescription } from '@aster/description'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile, gen, genJson, link, makeFolder, readJson, runScript } from './generated.ts'
import { startProducer } from './python-producer.ts'
import { RandomValues } from './random-values.ts'
import { config } from './with-python.ts'

const SEED = 17
const MODULES = 240
/** Processes of Python, which share the modules. */
const SHARDS = 8
/** Values of each type that go to Python and back. */
const VALUES = 3

let folder: ReturnType<typeof makeFolder>
beforeAll(() => void (folder = makeFolder()))
afterAll(() => folder?.[Symbol.dispose]())

type Exports = Readonly<Record<string, ServiceDefinition | StructType | EnumType>>

const load = async (name: string): Promise<Exports> => (await import(join(folder.path, name))) as Exports

/** Returns the id of a generated definition, with the options for the parts that only Python knows. */
function idOf(definition: ServiceDefinition, description: Description): string {
  const { serializationModes, postponedAnnotations } =
    description.services.find(({ name, version }) => name === definition.name && version === definition.version) ??
    expect.unreachable(definition.name)
  const names = new Map(description.types.map(({ tag, pythonName }) => [tag, pythonName]))
  return contractId(definition, {
    serializationModes,
    postponedAnnotations,
    pythonName: (struct) => names.get(struct.tag) ?? struct.tag,
  })
}

interface IdRow {
  readonly name: string
  readonly equal: boolean | null
  readonly unnamed: readonly string[]
}

describe('random modules', () => {
  interface Shard {
    readonly names: readonly string[]
    readonly description: Description
    readonly ids: readonly IdRow[]
  }
  let shards: readonly Shard[]

  beforeAll(async () => {
    await runScript('generated.py', ['make', folder.path, String(MODULES), String(SEED)])
    const names = Array.from({ length: MODULES }, (_, i) => `m${String(i).padStart(3, '0')}`)
    shards = await Promise.all(
      Array.from({ length: SHARDS }, async (_, shard) => {
        const own = names.filter((_name, i) => i % SHARDS === shard)
        const file = `shard${shard}.json`
        const python = ['--python', process.env['ASTER_PYTHON'] ?? '']
        const told = await genJson(folder.path, [...own, ...python, '--lang', 'json', '--out', file])
        const description = parseDescription(readJson(join(folder.path, file)))
        return { names: own, description, ids: told['services'] as IdRow[] }
      }),
    )
    // A file for each service.
    for (const { description } of shards) {
      for (const service of description.services) {
        const name = service.pythonName?.split('.')[0] ?? ''
        const one = { ...description, services: [service], types: reachable(description, service) }
        writeFileSync(join(folder.path, `${name}.json`), JSON.stringify(one))
        const { code, err } = await gen(folder.path, [`${name}.json`, '--out', `${name}.ts`])
        if (code !== 0) throw new Error(err)
      }
    }
  }, 120_000)

  it('have the ids of Python, but for types that those have no name for', () => {
    const rows = shards.flatMap(({ ids }) => ids)
    expect(rows).toHaveLength(MODULES)
    expect(rows.filter(({ equal, unnamed }) => equal !== true && unnamed.length === 0)).toEqual([])
    const equal = rows.filter((row) => row.equal).length
    expect(equal).toBeGreaterThan(MODULES / 2)
    console.log(`gen: ${MODULES} modules, ${equal} ids equal, ${MODULES - equal} equal but for unnamed types`)
  })

  it('are spoken with live producers: every type there and back', async () => {
    const counts = { types: 0, calls: 0, xlang: 0 }
    await Promise.all(
      shards.map(async ({ names, description }, shard) => {
        await using producer = await startProducer(['serve', folder.path, ...names], 'generated.py')
        await using client = await AsterClient.connect({ config, endpointAddr: producer.ticket })
        const published = new Map(producer.services.map((service) => [service.name, service.contract_id]))
        const equal = new Set(shards[shard]?.ids.flatMap((row) => (row.equal ? [row.name] : [])))
        for (const name of names) {
          const exported = await load(`${name}.ts`)
          const definition = Object.values(exported).find(isService) ?? expect.unreachable(name)
          if (equal.has(definition.name))
            expect(idOf(definition, description), name).toBe(published.get(definition.name))
          const structs = Object.values(exported).filter(
            (one): one is StructType => !isService(one) && one.kind === 'struct',
          )
          const isJson = description.services.some(
            (one) => one.name === definition.name && !one.serializationModes.includes('xlang'),
          )
          const codec: Codec = isJson ? new JsonCodec() : new ForyCodec({ types: structs })
          const values = new RandomValues(
            SEED * 1000 + counts.types,
            isJson ? [] : unionStructs(description, name, exported),
          )
          const calls = await roundTrips(client, definition, codec, values)
          counts.calls += calls
          counts.types += structs.length
          if (!isJson) counts.xlang += calls
        }
      }),
    )
    expect(counts.types).toBeGreaterThan(MODULES)
    console.log(
      `gen: ${counts.types} structs, ${counts.calls} messages there and back, ${counts.xlang} of them in XLANG`,
    )
  }, 120_000)
})

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

const isService = (one: Exports[string]): one is ServiceDefinition => 'methods' in one

function reachable(description: Description, service: Description['services'][number]): Description['types'] {
  const module = service.pythonName?.split('.')[0]
  return description.types.filter(({ pythonName }) => pythonName?.split('.')[0] === module)
}

/** The structs that the unions of a module name. */
function unionStructs(description: Description, module: string, exported: Exports): StructType[] {
  const text = JSON.stringify(description.types.filter(({ pythonName }) => pythonName?.startsWith(`${module}.`)))
  const names = [...text.matchAll(/"of":\[[^\]]*?"kind":"struct","name":"(\w+)"/g)].map(([, name]) => name)
  return names.flatMap((name) => (exported[name ?? ''] as StructType | undefined) ?? [])
}

type AnyClient = Record<string, (request: unknown) => Promise<unknown> & AsyncIterable<unknown>>
interface AnySession extends AsyncDisposable {
  readonly [method: string]: unknown
}

/** Calls each method with random values, and expects them back. */
async function roundTrips(
  client: AsterClient,
  definition: ServiceDefinition,
  codec: Codec,
  values: RandomValues,
): Promise<number> {
  let calls = 0
  const isSession = definition.scope === 'session'
  const opened = isSession ? await client.session(definition, { codec }) : await client.client(definition, { codec })
  const methods = opened as unknown as AnyClient
  for (const { name, kind, request, response } of Object.values(definition.methods)) {
    if (kind === 'bidiStream') continue
    for (let i = 0; i < VALUES; i++) {
      const value = values.of(request)
      const place = `${definition.name}.${name}`
      try {
        const answers = kind === 'serverStream' ? await collect(methods[name]!(value)) : [await methods[name]!(value)]
        for (const answer of answers) expect(answer, place).toEqual(check(response as Type, value))
      } catch (error) {
        throw new Error(`${place}: ${String(error)}`, { cause: error })
      }
      calls++
    }
  }
  if (isSession) await (opened as unknown as AnySession)[Symbol.asyncDispose]()
  return calls
}

async function collect(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const one of stream) all.push(one)
  return all
}

describe('the services of the contract vectors', () => {
  interface Vector {
    readonly name: string
    readonly contractId: string
  }
  const REFUSED = {
    Kit: ['frozen: frozenset[str] cannot be sent', 'names: the class Point as the key of a dict'],
    LooseKit: ['pep604: int | None cannot be sent: pyfory does not know the operator |; write Optional[int]'],
    Unicode: ['version 0: versions of TypeScript are from 1'],
    Negative: ['version -1: versions of TypeScript are from 1'],
  }
  const vectors = readJson<{ services: Vector[] }>(
    new URL('../../contract/fixtures/contract-ids.json', import.meta.url).pathname,
  ).services
  const LATER = ['OnlyInReturns', 'AlsoInRequests', 'Streams', 'TextReturn']
  const moduleOf = (name: string): string => (LATER.includes(name) ? 'contract_services_future' : 'contract_services')
  const python = () => ['--python', process.env['ASTER_PYTHON'] ?? '']

  beforeAll(() => {
    for (const name of ['contract_services.py', 'contract_services_future.py', 'contract_echo.py'])
      link(name, folder.path)
  })

  it('are generated with their ids', async () => {
    const usable = vectors.filter(({ name }) => !(name in REFUSED))
    const sources = usable.map(({ name }) => `${moduleOf(name)}:${name}`)
    const told = await genJson(folder.path, [...sources, ...python(), '--lang', 'json', '--out', 'contract.json'])
    expect(told['services']).toEqual(
      usable.map((vector) => expect.objectContaining({ contractId: vector.contractId, equal: true }) as object),
    )
    await genJson(folder.path, ['contract.json', '--out', 'contract.ts'])
    const exported = await load('contract.ts')
    const description = parseDescription(readJson(join(folder.path, 'contract.json')))
    const definitions = Object.values(exported).filter(isService)
    expect(definitions).toHaveLength(usable.length)
    definitions.forEach((definition, i) => expect(idOf(definition, description)).toBe(usable[i]?.contractId))
    console.log(`gen: ${usable.length} services of the contract vectors`)
  })

  it('have types that go to Python and back', async () => {
    const sources = ['contract_echo:EchoXlang', 'contract_echo:EchoJson']
    await genJson(folder.path, [...sources, ...python(), '--out', 'contract_echo.ts'])
    const { EchoXlang, EchoJson } = await load('contract_echo.ts')
    await using producer = await startProducer(['serve', folder.path, 'contract_echo'], 'generated.py')
    await using client = await AsterClient.connect({ config, endpointAddr: producer.ticket })
    const values = new RandomValues(SEED)
    const xlang = await roundTrips(client, EchoXlang as ServiceDefinition, new ForyCodec(), values)
    const json = await roundTrips(client, EchoJson as ServiceDefinition, new JsonCodec(), values)
    expect([xlang, json]).toEqual([20 * VALUES, 8 * VALUES])
    console.log(`gen: ${xlang} messages of the contract vectors there and back in XLANG, ${json} in JSON`)
  })

  it('are refused by name if they cannot be used', async () => {
    const { code, err } = await gen(folder.path, [
      ...Object.keys(REFUSED).map((name) => `contract_services:${name}`),
      ...python(),
    ])
    expect(code).toBe(1)
    for (const [name, problems] of Object.entries(REFUSED))
      for (const problem of problems) expect(err).toMatch(new RegExp(`^aster: +${name}: .*${escape(problem)}`, 'm'))
  })
})

it('the services of these tests are generated, byte for byte the same each time, and called', async () => {
  link('services.py', folder.path)
  const args = ['services', '--python', process.env['ASTER_PYTHON'] ?? '', '--out', 'services.ts']
  await genJson(folder.path, args)
  const first = readFileSync(join(folder.path, 'services.ts'), 'utf8')
  expect(await genJson(folder.path, [...args, '--check'])).toMatchObject({ upToDate: true })
  expect(first).toMatch(/^\/\/ Made by `aster gen services`/)
  const { Interop, Counter, ...types } = await load('services.ts')
  await using producer = await startProducer()
  await using client = await AsterClient.connect({ config, endpointAddr: producer.ticket })
  const interop = (await client.client(Interop as ServiceDefinition)) as unknown as AnyClient
  const values = new RandomValues(SEED)
  // The methods that return their argument unchanged, each with its type.
  for (const [method, name] of Object.entries({ echo: 'Everything', plain: 'Plain', paint: 'Paint', blob: 'Blob' })) {
    for (let i = 0; i < 10; i++) {
      const value = values.of(types[name] as StructType)
      expect(await interop[method]!(value), name).toEqual(value)
    }
  }
  expect(await interop['say']!({ text: 'ada', count: 3 })).toEqual({ text: 'hello ada', count: 3 })
  await using session = (await client.session(Counter as ServiceDefinition)) as unknown as AnySession & AnyClient
  expect(await session['add']!({ count: 2 })).toEqual({ text: 'total', count: 2 })
})

it('everything that was generated compiles under strict', async () => {
  expect(await compile(folder.path)).toBe('')
}, 120_000)
