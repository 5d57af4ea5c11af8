// Tries the tables of docs/changing-a-service.md with Python on one side: every row in every pattern, shared and in sessions.
import { AsterClient, type Client, ForyCodec, JsonCodec, type RpcError } from '@aster/client'
import { CHANGE_ADVICE } from '@aster/rpc-core/schema'
import { AsterServer } from '@aster/server'
import { expect, it } from 'vitest'
import { outcomeOf, patterns, readOf, sameJson, sent, served } from '../src/changes/outcomes.ts'
import { type Age, type Change, otherAge, serviceOf } from '../src/changes/scenarios.ts'
import { columns, rowsBelow } from '../src/changes/table.ts'
import { pythonChanges, type PythonOutcome, runChanging, serviceName, startChanging } from './changing-python.ts'
import { config } from './with-python.ts'

const scopes = ['shared', 'session'] as const
const cases = columns.map((column, i) => ({ ...column, i }))

/** Returns the outcomes of all patterns as a cell of a table: `works`, or `as sent; in sessions refused`. */
function cellOf(outcomes: Readonly<Record<(typeof scopes)[number], readonly string[]>>): string {
  const [shared, session] = scopes.map((scope) => [...new Set(outcomes[scope])].join(' or '))
  return shared === session ? `${shared}` : `${shared}; in sessions ${session}`
}

function expectCells(heading: string, column: number, cells: ReadonlyMap<string, string>): void {
  const wanted = [...rowsBelow(heading)].map(([change, row]) => [change, row[column]])
  expect([...cells]).toEqual(wanted)
}

it.each(cases)(
  'a producer of Python, $mode, the $older is older',
  async ({ mode, older, i: column }) => {
    const age: Age = older === 'client' ? 'old' : 'new'
    await using producer = await startChanging(otherAge[age])
    await using client = await AsterClient.connect({ config, endpointAddr: producer.address })
    const codec = mode === 'json' ? new JsonCodec({ unknown: 'ignore' }) : new ForyCodec()
    const cells = new Map<string, string>()
    for (const [i, change] of pythonChanges.entries()) {
      const outcomes = { shared: [] as string[], session: [] as string[] }
      for (const scope of scopes) {
        const definition = serviceOf(change, age, scope, serviceName(i, scope))
        for (const [pattern, call] of Object.entries(patterns)) {
          // A session of Python ends with a request that it cannot read.
          const calls: Client<typeof definition> =
            scope === 'shared'
              ? await client.client(definition, { codec })
              : await client.session(definition, { codec })
          const errors: RpcError[] = []
          const request = sent(change, age, 'request')
          const outcome = await outcomeOf(readOf(change, call(calls, request)), expectedOf(change, age), errors)
          outcomes[scope].push(refusal(change, { scope, pattern, outcome }))
          for (const error of errors) expectHint(error, mode)
        }
      }
      cells.set(change.name, cellOf(outcomes))
    }
    expectCells('A producer of Python', column, cells)
  },
  120_000,
)

function expectedOf(change: Change, age: Age): unknown {
  const { reads } = change[change.in === 'request' ? otherAge[age] : age]
  // `None` of Python is null in JSON.
  return change.in === 'request' ? nulls(reads) : reads
}

const nulls = (value: object | undefined): object | undefined =>
  value && Object.fromEntries(Object.entries(value).map(([key, member]) => [key, member ?? null]))

interface Call {
  readonly scope: string
  readonly pattern: string
  readonly outcome: string
}

/** Returns `refused` for the codes with which a producer of Python refuses a request; a bidi call of a shared service ends without an answer. */
function refusal(change: Change, { scope, pattern, outcome }: Call): string {
  if (change.in === 'response') return outcome
  if (scope === 'shared' && pattern === 'bidiStream' && outcome === 'no answer') return 'refused'
  return ['UNKNOWN', 'INTERNAL', 'CONTRACT_VIOLATION'].includes(outcome) ? 'refused' : outcome
}

function expectHint({ message }: RpcError, mode: string): void {
  // Contract ids do not hold enums. "tuple index" is the message of Python for an ordinal that it does not know.
  if (/enum|tuple index/.test(message)) return
  expect(message).toContain("the producer's contract id of service 'Changing")
  if (mode === 'xlang') expect(message.endsWith(`; ${CHANGE_ADVICE}`)).toBe(true)
}

it.each(cases)(
  'a consumer of Python, $mode, the $older is older',
  async ({ mode, older, i: column }) => {
    const age: Age = older === 'client' ? 'old' : 'new'
    const services = pythonChanges.flatMap((change, i) =>
      scopes.map((scope) => served(change, otherAge[age], { scope, name: serviceName(i, scope) })),
    )
    await using server = new AsterServer({ config, services, allowAllConsumers: true })
    await server.start()
    const all = await runChanging(age, { address: server.address, mode })
    const cells = new Map<string, string>()
    for (const [i, change] of pythonChanges.entries()) {
      const own = all.filter(({ service }) => service === serviceName(i))
      expect(own).toHaveLength(8)
      const of = (scope: string): string[] =>
        own.filter((one) => one.scope === scope).map((one) => pythonOutcome(change, age, one))
      cells.set(change.name, cellOf({ shared: of('shared'), session: of('session') }))
    }
    expectCells('A consumer of Python', column, cells)
  },
  120_000,
)

function pythonOutcome(change: Change, age: Age, { code, exception, value }: PythonOutcome): string {
  if (code !== undefined || exception !== undefined) return 'refused'
  const other = otherAge[age]
  if (change.in === 'request') {
    const { text } = value as { text: string }
    return sameJson(JSON.parse(text), change[other].reads) ? 'works' : 'another value'
  }
  if (sameJson(value, nulls(change[age].reads))) return 'works'
  const complete = sent(change, other, 'response')
  // An optional field that was left out is sent as null.
  return sameJson(value, { ...(complete as object) }) || sameJson(value, { name: null }) ? 'as sent' : 'another value'
}
