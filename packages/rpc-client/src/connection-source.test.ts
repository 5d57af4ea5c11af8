import { type Connection, RpcError, StatusCode, TransportError } from '@aster/rpc-core'
import { NEVER } from '@aster/rpc-core/protocol'
import { untilQuiet } from '@aster/test-services'
import { type MemoryConnection, memoryPair } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConnectionLease } from './connection-lease.ts'
import { type ConnectionSource, openStream } from './connection-source.ts'

const alive = (): MemoryConnection => memoryPair()[0]
function gone(): MemoryConnection {
  const connection = alive()
  connection.drop()
  return connection
}

/** Returns a source of leases: each connection in turn, and then the last one again and again. Records the end of each lease. */
function sourceOf(...connections: readonly Connection[]) {
  const log: string[] = []
  let asked = 0
  const source = (): ConnectionLease => {
    const turn = Math.min(asked++, connections.length - 1)
    const release = (error: RpcError | undefined): void => void log.push(`${turn} ${error?.codeName ?? 'OK'}`)
    return { connection: connections[turn] as Connection, release }
  }
  return { source, log, asked: () => asked }
}

const open = (connections: ConnectionSource, signal = NEVER) => openStream({ connections, logger: undefined }, signal)

describe('the stream of a call', () => {
  it('is opened on the connection of the source, whose lease ends with the call', async () => {
    const connection = alive()
    const { source, log } = sourceOf(connection)
    const leased = await open(source)
    expect(leased.connection).toBe(connection)
    expect(log).toEqual([])
    leased.release(undefined)
    expect(log).toEqual(['0 OK'])
  })

  it('is opened on another connection if the first is gone', async () => {
    const connection = alive()
    const { source, log } = sourceOf(gone(), gone(), connection)
    expect((await open(source)).connection).toBe(connection)
    expect(log).toEqual(['0 UNAVAILABLE', '1 UNAVAILABLE'])
  })

  it('is opened on the next connection if the source returns the same one twice', async () => {
    const [dead, connection] = [gone(), alive()]
    const { source, log } = sourceOf(dead, dead, connection)
    expect((await open(source)).connection).toBe(connection)
    expect(log).toEqual(['0 UNAVAILABLE', '1 UNAVAILABLE'])
  })

  it('is opened on a new connection as soon as the loss is known', async () => {
    const next = alive()
    let connection = alive()
    const lost = connection
    // As a pool does: one turn later than the calls learn of the loss.
    void lost.closed.then(() => new Promise((resolve) => setImmediate(resolve))).then(() => (connection = next))
    const { stream } = await open(() => lost)
    const told = stream.read().catch(async () => (await open(() => connection)).connection)
    lost.drop()
    expect(await told).toBe(next)
  })

  it('is not opened if the source has nothing but the connection that is gone', async () => {
    const { source, log, asked } = sourceOf(gone())
    await expect(open(source)).rejects.toMatchObject({ kind: 'lost' })
    expect(asked()).toBe(3)
    expect(log).toHaveLength(3)
  })

  it('is tried on 5 connections and no more', async () => {
    const { source, asked } = sourceOf(...Array.from({ length: 9 }, gone))
    await expect(open(source)).rejects.toBeInstanceOf(TransportError)
    expect(asked()).toBe(5)
  })

  it('is not tried again once the call has ended', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const opening = { remoteId: 'x', openStream: async () => Promise.reject(abort()) }
    const abort = (): TransportError => {
      controller.abort(reason)
      return new TransportError('lost', 'at the same time')
    }
    const { source, log, asked } = sourceOf(opening as never as Connection)
    await expect(open(source, controller.signal)).rejects.toMatchObject({ kind: 'lost' })
    expect([asked(), ...log]).toEqual([1, '0 CANCELLED'])
  })
})

describe('a source of connections', () => {
  const warnings: Error[] = []
  const note = (warning: Error): void => void warnings.push(warning)
  beforeEach(() => {
    warnings.length = 0
    process.on('warning', note)
  })
  afterEach(() => void process.off('warning', note))

  it.each([NEVER, new AbortController().signal])('may return any thenable', async (signal) => {
    const connection = alive()
    // oxlint-disable-next-line unicorn/no-thenable -- as the promises of another realm
    const thenable = { then: (resolve: (value: Connection) => void) => void setImmediate(resolve, connection) }
    expect((await open(() => thenable as never, signal)).connection).toBe(connection)
    const failing = {
      // oxlint-disable-next-line unicorn/no-thenable -- the same
      then() {
        throw new Error('no dial')
      },
    }
    const error = { code: StatusCode.UNAVAILABLE, message: 'no dial' }
    await expect(open(() => failing as never, signal)).rejects.toMatchObject(error)
  })

  it.each([undefined, null, 5, {}, { connection: {} }, { release() {} }, () => {}])(
    'that returns %o is told what it should return',
    async (value) => {
      for (const returned of [value, Promise.resolve(value)]) {
        await expect(open(() => returned as never)).rejects.toMatchObject({
          code: StatusCode.INTERNAL,
          message: expect.stringMatching(
            /^the source of connections returned .*: expected a Connection, or \{ connection, release \}$/,
          ),
        })
      }
    },
  )

  it('may throw from release: the call keeps its outcome, and a warning is emitted', async () => {
    const connection = alive()
    const failing = (): ConnectionLease => ({
      connection,
      release() {
        throw new Error('no release here')
      },
    })
    const leased = await open(failing)
    leased.release(undefined)
    await untilQuiet()
    expect(warnings.map(({ message }) => message)).toEqual(['release() of a connection failed: no release here'])
  })

  it('ends the lease of a connection that comes after the call', async () => {
    const controller = new AbortController()
    let come = (_lease: ConnectionLease): void => {}
    const late = new Promise<ConnectionLease>((resolve) => (come = resolve))
    const opening = open(() => late, controller.signal)
    controller.abort(new Error('enough'))
    await expect(opening).rejects.toThrow('enough')
    const { source, log } = sourceOf(alive())
    come(source())
    await untilQuiet()
    expect(log).toEqual(['0 CANCELLED'])
  })
})
