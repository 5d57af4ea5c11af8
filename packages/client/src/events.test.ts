import type { Logger } from '@aster/rpc-core'
import { expect, it } from 'vitest'
import { EventHub } from './events.ts'

const lost = { endpointId: 'a', reason: 'gone' }

it('calls the listeners of an event until they are removed', () => {
  const hub = new EventHub(undefined)
  const seen: string[] = []
  hub.emit('lost', lost)
  const off = hub.on('lost', ({ reason }) => seen.push(`1 ${reason}`))
  hub.on('lost', ({ endpointId }) => seen.push(`2 ${endpointId}`))
  hub.on('reconnected', () => seen.push('3'))
  hub.emit('lost', lost)
  off()
  off()
  hub.emit('lost', lost)
  expect(seen).toEqual(['1 gone', '2 a', '2 a'])
})

it('calls a listener as often as it was added', () => {
  const hub = new EventHub(undefined)
  let count = 0
  const listener = (): void => void (count += 1)
  const off = hub.on('closed', listener)
  hub.on('closed', listener)
  hub.emit('closed', {})
  off()
  hub.emit('closed', {})
  expect(count).toBe(3)
})

it('calls the other listeners if one throws, and logs the error', () => {
  const logged: object[] = []
  const logger: Logger = { debug() {}, info() {}, warn() {}, error: (fields) => void logged.push(fields) }
  const hub = new EventHub(logger)
  const failure = new Error('no')
  hub.on('lost', () => {
    throw failure
  })
  let heard = false
  hub.on('lost', () => void (heard = true))
  hub.emit('lost', lost)
  expect([heard, logged]).toEqual([true, [{ err: failure, event: 'lost' }]])
})
