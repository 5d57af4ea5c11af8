import { memoryPair } from '@aster/transport-memory'
import { expect, it } from 'vitest'
import { ConnectionTable, type OpenConnection } from './connection-table.ts'

function createTable(maxConnections: number, maxConnectionsPerPeer: number) {
  const displaced: string[] = []
  const table = new ConnectionTable({
    maxConnections,
    maxConnectionsPerPeer,
    onDisplaced: ({ remoteId }, reason) => void displaced.push(`${remoteId}: ${reason}`),
  })
  /** @param idleSince when the connection became idle; `undefined` if a call runs on it */
  const dial = (peer: string, idleSince?: number) => {
    const [theirs, ours] = memoryPair({ ids: [peer, 'server'] })
    const entry = table.add(ours, 'rpc')
    if (typeof entry !== 'string') serve(entry, idleSince)
    return { theirs, entry }
  }
  return { table, displaced, dial }
}

function serve(entry: OpenConnection, idleSince: number | undefined): void {
  entry.served = { idleSince, stats: { opening: 0, running: 0, sessions: 0, bufferedBytes: 0 } }
}

it('refuses a connection of a peer whose connections are all in use, and accepts those of others', () => {
  const { table, displaced, dial } = createTable(100, 2)
  dial('a')
  dial('a')
  expect(dial('a').entry).toBe('this peer has 2 connections open, and the limit is 2 (maxConnectionsPerPeer)')
  expect(dial('b').entry).toBeTypeOf('object')
  expect(table.size).toBe(3)
  expect(displaced).toEqual([])
})

it('lets a peer dial again whose connections are all idle or dead, and displaces the one that has been idle longest', async () => {
  const { table, displaced, dial } = createTable(100, 3)
  const [second, first] = [dial('a', 2_000), dial('a', 1_000)]
  dial('a')
  expect(dial('a', 5_000).entry).toBeTypeOf('object')
  expect(await first.theirs.closed).toMatchObject({
    by: 'peer',
    code: 0,
    reason: expect.stringContaining('the limit is 3 (maxConnectionsPerPeer)'),
  })
  expect(dial('a', 6_000).entry).toBeTypeOf('object')
  expect(await second.theirs.closed).toMatchObject({ by: 'peer', code: 0 })
  expect(table.size).toBe(3)
  expect(displaced).toHaveLength(2)
})

it('frees the place of a connection when it has ended', async () => {
  const { table, dial } = createTable(1, 1)
  const { theirs } = dial('a')
  expect(dial('b').entry).toBe('1 connections are open, and the limit is 1 (maxConnections)')
  theirs.close()
  await theirs.closed
  expect(table.size).toBe(0)
  expect(dial('b').entry).toBeTypeOf('object')
})

it('displaces an idle connection of the peer with the most connections for one of another peer', async () => {
  const { table, dial } = createTable(4, 64)
  const alone = dial('alone', 1)
  const most = [dial('most', 30), dial('most', 20), dial('most')]
  expect(dial('new', 40).entry).toBeTypeOf('object')
  expect(await most[1]?.theirs.closed).toMatchObject({ by: 'peer', code: 0 })
  // A further connection of the peer with the most must not displace those of peers that have fewer.
  expect(dial('most').entry).toBeTypeOf('object')
  expect(await most[0]?.theirs.closed).toMatchObject({ by: 'peer', code: 0 })
  expect(dial('most').entry).toBe('4 connections are open, and the limit is 4 (maxConnections)')
  // Among peers with equally many, the one that has been idle longest.
  const other = createTable(2, 64)
  const [late, early] = [other.dial('late', 2), other.dial('early', 1)]
  expect(other.dial('new', 3).entry).toBeTypeOf('object')
  expect(await early.theirs.closed).toMatchObject({ by: 'peer', code: 0 })
  expect(other.table.size).toBe(2)
  for (const { theirs } of [alone, late]) theirs.close()
  expect(table.size).toBe(4)
})
