// The workloads. Each is one step of a round, whose figures are rows of the table.

/**
 * @typedef {object} Row one figure
 * @property {string} key
 * @property {string} title
 * @property {string} unit
 * @property {'more' | 'less'} better
 *
 * @typedef {object} Bench the means by which a workload measures
 * @property {object} server a process of the system: see child.mjs
 * @property {object} client a process of the system that is connected to the server
 * @property {unknown} address of the server
 * @property {Record<string, number>} figures the figures of finished parts, which count even if a later part fails
 * @property {() => Promise<object>} startClient starts a further client, which is stopped after the step
 * @property {{ ms: number, quick: boolean }} scale the duration of a step, and whether the run is quick
 *
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} section of the table
 * @property {'shared' | 'own'} pair whether its processes have done other steps before
 * @property {boolean} [collect] whether memory is measured after a garbage collection
 * @property {boolean} [once] whether the workload runs in the first round only
 * @property {number} seconds the time limit: a step that takes longer has failed
 * @property {readonly Row[]} rows
 * @property {(bench: Bench) => Promise<Record<string, number>>} run
 */

const KIB = 1024
const MIB = 1024 * KIB
const PIECE = 64 * KIB

/** @type {readonly Workload[]} */
export const WORKLOADS = [
  {
    name: 'connect',
    section: 'Connecting',
    pair: 'shared',
    seconds: 60,
    rows: [
      row('import', 'import of the packages', 'ms'),
      row('cold', 'cold connect and first call', 'ms'),
      row('cold-import', 'the same with the import', 'ms'),
      row('warm', 'warm connect and first call', 'ms'),
    ],
    async run({ address, startClient, scale }) {
      const found = []
      for (let i = 0; i < (scale.quick ? 1 : 3); i++) {
        const client = await startClient()
        const { ms, warmMs } = await client.ask('connect', { address, warm: scale.quick ? 1 : 10 })
        found.push([client.importMs, ms, client.importMs + ms, warmMs])
        client.stop()
      }
      const middle = (index) => found.map((all) => all[index]).sort((a, b) => a - b)[found.length >> 1]
      return { import: middle(0), cold: middle(1), 'cold-import': middle(2), warm: middle(3) }
    },
  },
  ...[1, 16, 64, 256].map(unary),
  stream('server-stream', 'serverStream', 'server stream', 10_000),
  // grpc-js becomes ten times as slow after some 40,000 messages on one client stream; this compares both at their best.
  stream('client-stream', 'clientStream', 'client stream', 10_000),
  stream('bidi', 'bidi', 'bidi ping-pong', 1_000),
  echo('1k', KIB),
  echo('64k', 64 * KIB),
  echo('1m', MIB),
  echo('8m', 8 * MIB),
  {
    name: 'rss',
    section: 'Memory',
    pair: 'shared',
    seconds: 10,
    rows: [
      row('rss-client', 'RSS after the steps above, client', 'MiB'),
      row('rss-server', 'RSS after the steps above, server', 'MiB'),
    ],
    run: async ({ client, server }) => ({
      'rss-client': await client.ask('rss'),
      'rss-server': await server.ask('rss'),
    }),
  },
  echo('64k', 64 * KIB, 'compressible'),
  echo('1m', MIB, 'compressible'),
  echo('8m', 8 * MIB, 'compressible'),
  {
    name: 'upload',
    section: 'Large data',
    pair: 'own',
    seconds: 180,
    rows: [
      row('upload', 'upload of 256 MiB in 64 KiB messages', 'MB/s', 'more'),
      row('upload-peak-client', 'its peak RSS, client', 'MiB'),
      row('upload-peak-server', 'its peak RSS, server', 'MiB'),
    ],
    async run({ client, server, scale }) {
      await Promise.all([client.ask('watchPeak'), server.ask('watchPeak')])
      const { rate } = await client.ask('upload', { total: scale.quick ? 4 * MIB : 256 * MIB, piece: PIECE })
      return {
        upload: rate,
        'upload-peak-client': await client.ask('peak'),
        'upload-peak-server': await server.ask('peak'),
      }
    },
  },
  {
    name: 'memory',
    section: 'Memory',
    pair: 'own',
    collect: true,
    once: true,
    seconds: 60,
    rows: [
      row('idle-client', 'per idle connection, client', 'KiB'),
      row('idle-server', 'per idle connection, server', 'KiB'),
      row('open-client', 'per open stream, client', 'KiB'),
      row('open-server', 'per open stream, server', 'KiB'),
      row('burst-client', 'per call, 10,000 in flight, client', 'KiB'),
      row('burst-server', 'per call, 10,000 in flight, server', 'KiB'),
    ],
    async run({ client, server, address, scale, figures }) {
      const [connections, streams, calls] = scale.quick ? [5, 20, 200] : [100, 500, 10_000]
      const both = async (command) => [await client.ask(command), await server.ask(command)]
      // If more memory was freed meanwhile than was taken, the figure is 0.
      const each = (after, before, count, index) => (Math.max(0, after[index] - before[index]) * KIB) / count
      // The first connections load code, which is not counted.
      await client.ask('grow', { address, count: 2 })
      await client.ask('open', { count: 2 })
      let before = await both('rss')
      await client.ask('grow', { address, count: connections })
      const idle = await both('rss')
      figures['idle-client'] = each(idle, before, connections, 0)
      figures['idle-server'] = each(idle, before, connections, 1)
      await client.ask('shrink')
      before = await both('rss')
      await client.ask('open', { count: streams })
      const open = await both('rss')
      figures['open-client'] = each(open, before, streams, 0)
      figures['open-server'] = each(open, before, streams, 1)
      await client.ask('shut')
      await client.ask('burst', { count: Math.ceil(calls / 10) })
      before = await both('watchPeak')
      await client.ask('burst', { count: calls })
      const burst = await both('peak')
      return {
        ...figures,
        'burst-client': each(burst, before, calls, 0),
        'burst-server': each(burst, before, calls, 1),
      }
    },
  },
  {
    name: 'scaling',
    section: 'Scaling: one call in flight on each connection',
    pair: 'own',
    once: true,
    seconds: 120,
    rows: [1, 10, 100, 1000].flatMap((clients) => [
      row(`scaling-${clients}`, `throughput, ${count(clients)}`, 'calls/s', 'more'),
      row(`scaling-${clients}-p99`, `p99, ${count(clients)}`, 'µs'),
    ]),
    async run({ client, address, startClient, scale, figures }) {
      const other = await startClient()
      await other.ask('connect', { address, warm: 0 })
      const processes = [client, other]
      const has = [0, 0]
      for (const clients of scale.quick ? [1, 10] : [1, 10, 100, 1000]) {
        const wanted = clients === 1 ? [1, 0] : [clients / 2, clients / 2]
        await Promise.all(
          processes.map((one, i) => one.ask('grow', { address, count: wanted[i] - has[i], isPeer: true })),
        )
        wanted.forEach((number, i) => (has[i] = number))
        const loads = await Promise.all(
          processes.filter((_, i) => has[i] > 0).map((one) => one.ask('spread', { ms: scale.ms })),
        )
        figures[`scaling-${clients}`] = loads.reduce((sum, { rate }) => sum + rate, 0)
        figures[`scaling-${clients}-p99`] = Math.max(...loads.map(({ p99 }) => p99))
      }
      return figures
    },
  },
]

const SECTIONS = [...new Set(WORKLOADS.map(({ section }) => section))]

/** All rows, in the order of the table. Each has its section and its workload. */
export const ROWS = SECTIONS.flatMap((section) =>
  WORKLOADS.filter((workload) => workload.section === section).flatMap(({ rows, name }) =>
    rows.map((one) => Object.assign(one, { section, workload: name })),
  ),
)

function row(key, title, unit, better = 'less') {
  return { key, title, unit, better }
}

function count(clients) {
  return clients === 1 ? '1 client' : `${clients.toLocaleString('en-US')} clients`
}

/** Measures the CPU of both sides during a step. Returns the result of the step, and the seconds of each side. */
async function withCpu({ client, server }, run) {
  const before = await Promise.all([client.ask('cpu'), server.ask('cpu')])
  const result = await run()
  const after = await Promise.all([client.ask('cpu'), server.ask('cpu')])
  return { result, clientCpu: after[0] - before[0], serverCpu: after[1] - before[1] }
}

function unary(inFlight) {
  const key = `unary-${inFlight}`
  return {
    name: key,
    section: `Unary, ${inFlight} in flight`,
    pair: 'shared',
    seconds: 20,
    rows: [
      row(`${key}-p50`, 'p50', 'µs'),
      row(`${key}-p99`, 'p99', 'µs'),
      row(key, 'throughput', 'calls/s', 'more'),
      row(`${key}-cpu-client`, 'CPU a call, client', 'µs'),
      row(`${key}-cpu-server`, 'CPU a call, server', 'µs'),
    ],
    async run(bench) {
      const { client, scale } = bench
      await client.ask('unary', { inFlight, ms: scale.ms / 4 })
      const { result, clientCpu, serverCpu } = await withCpu(bench, () =>
        client.ask('unary', { inFlight, ms: scale.ms }),
      )
      return {
        [`${key}-p50`]: result.p50,
        [`${key}-p99`]: result.p99,
        [key]: result.rate,
        [`${key}-cpu-client`]: (clientCpu / result.calls) * 1e6,
        [`${key}-cpu-server`]: (serverCpu / result.calls) * 1e6,
      }
    },
  }
}

function stream(name, kind, title, messages) {
  return {
    name,
    section: 'Streams',
    pair: 'shared',
    seconds: 30,
    rows: [row(name, title, 'messages/s', 'more'), row(`${name}-cpu`, `${title}, CPU of both sides a message`, 'µs')],
    async run(bench) {
      const { client, scale } = bench
      const length = scale.quick ? messages / 10 : messages
      await client.ask('stream', { kind, messages: Math.min(500, length), ms: 0 })
      const { result, clientCpu, serverCpu } = await withCpu(bench, () =>
        client.ask('stream', { kind, messages: length, ms: scale.ms * 0.6 }),
      )
      return { [name]: result.rate, [`${name}-cpu`]: ((clientCpu + serverCpu) / result.messages) * 1e6 }
    },
  }
}

function echo(label, size, content = 'random') {
  const name = content === 'random' ? `echo-${label}` : `echo-${label}-${content}`
  const large = size >= 8 * MIB
  const title = `echo of ${size >= MIB ? `${size / MIB} MiB` : `${size / KIB} KiB`}${content === 'random' ? '' : ', compressible'}`
  return {
    name,
    section: 'Large data',
    pair: 'shared',
    seconds: 60,
    rows: [
      row(name, title, 'MB/s', 'more'),
      row(`${name}-p50`, `${title}, p50`, 'ms'),
      row(`${name}-cpu`, `${title}, CPU of both sides`, 'ms'),
    ],
    async run(bench) {
      const { client, scale } = bench
      // The first echo, which is compared byte by byte, counts for the CPU time but not for the rate.
      await client.ask('echo', { size, content, ms: 0, least: scale.quick || large ? 0 : 2 })
      const { result, clientCpu, serverCpu } = await withCpu(bench, () =>
        client.ask('echo', { size, content, ms: scale.ms * (large ? 1 : 0.6), least: scale.quick ? 1 : 2 }),
      )
      return {
        [name]: result.rate,
        [`${name}-p50`]: result.p50,
        [`${name}-cpu`]: ((clientCpu + serverCpu) / (result.count + 1)) * 1e3,
      }
    },
  }
}
