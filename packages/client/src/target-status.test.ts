import type { Logger } from '@aster/rpc-core'
import { expect, it } from 'vitest'
import { EventHub } from './events.ts'
import { TargetStatus } from './target-status.ts'

const endpointId = 'there'

function setUp() {
  const events = new EventHub(undefined)
  const seen: string[] = []
  for (const name of ['admitted', 'readmitted', 'reconnected'] as const) events.on(name, () => seen.push(name))
  events.on('lost', ({ reason }) => seen.push(`lost: ${reason}`))
  const logged: object[] = []
  const logger: Logger = { debug() {}, info() {}, warn: (fields) => void logged.push(fields), error() {} }
  return { status: new TargetStatus({ endpointId, events, logger }), seen, logged }
}

it('is up after the first admission, and emits one event for every later change', () => {
  const { status, seen } = setUp()
  status.markDown('not there')
  expect([status.up, seen]).toEqual([false, []])
  status.markAdmitted([])
  status.markUp()
  expect([status.up, seen]).toEqual([true, ['admitted']])
  status.markDown('gone')
  status.markDown('still gone')
  expect([status.up, seen.slice(1)]).toEqual([false, ['lost: gone']])
  status.markUp()
  status.markUp()
  expect([status.up, seen.slice(2)]).toEqual([true, ['reconnected']])
})

it('is not up again with an admission alone', () => {
  const { status, seen } = setUp()
  status.markAdmitted([])
  status.markDown('gone')
  status.markAdmitted([])
  expect([status.up, seen]).toEqual([false, ['admitted', 'lost: gone', 'readmitted']])
})

it('logs a reason once until it changes or the target works again', () => {
  const { status, logged } = setUp()
  for (const reason of ['a', 'a', 'b', 'b', 'a']) status.logFailure(reason)
  status.clearFailure()
  status.logFailure('a')
  expect(logged).toEqual(['a', 'b', 'a', 'a'].map((reason) => ({ endpointId, reason })))
})

it('logs paths at debug', () => {
  const events = new EventHub(undefined)
  const seen: object[] = []
  events.on('path', (event) => seen.push(event))
  const lines: string[] = []
  const write =
    (level: string) =>
    (_fields: object, message: string): void =>
      void lines.push(`${level} ${message}`)
  const logger: Logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const status = new TargetStatus({ endpointId, events, logger })
  const relay = { kind: 'relay', address: 'https://relay.example/', rttMs: 40, selected: true } as const
  const direct = { kind: 'direct', address: '127.0.0.1:1', rttMs: 1, selected: true } as const
  status.tellPath('elsewhere', relay, undefined)
  status.tellPath('elsewhere', direct, relay)
  expect(seen).toEqual([
    { endpointId: 'elsewhere', kind: 'relay', address: 'https://relay.example/', rttMs: 40 },
    { endpointId: 'elsewhere', kind: 'direct', address: '127.0.0.1:1', rttMs: 1 },
  ])
  expect(lines).toEqual(['debug the path to a producer is known', 'debug the path to a producer has changed'])
})
