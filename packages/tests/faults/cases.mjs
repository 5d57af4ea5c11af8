// The cases: events between the two hosts, and the conditions that must hold afterwards.
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {boolean} [short] whether the case runs without `--all`
 * @property {number} outageMs the time during which no call can be answered
 * @property {boolean} [isLocal] whether both sides are on one host, without the proxy
 * @property {boolean} [isAlone] whether the case changes the hosts, so that no other case may run at the same time
 * @property {boolean} [stopsConsumer] whether the consumer is stopped; its deadlines do not fire meanwhile
 * @property {number} [silenceMs] the time until the client notices that the producer no longer knows the connection
 * @property {boolean} [comesBack] whether calls of the same client succeed afterwards, true by default
 * @property {(scene: import('./scene.mjs').Scene) => Promise<void>} run
 */

const seconds = (count) => count * 1_000

const cut = (count, short) => ({
  name: `link cut for ${count} s`,
  short,
  outageMs: seconds(count),
  async run({ proxy }) {
    await proxy.ask('set', { isCut: true })
    await sleep(seconds(count))
    await proxy.ask('set', { isCut: false })
  },
})

const restart = (change) => async (scene) => {
  await scene.producer.stop()
  await sleep(seconds(2))
  await scene.startProducer(change)
}

/** A case with a network that is bad, but not cut. */
const weather = (name, state, count) => ({
  name,
  outageMs: 0,
  async run({ proxy }) {
    await proxy.ask('set', state)
    await sleep(seconds(count))
    await proxy.ask('set', { loss: 0, reorder: 0, delayMs: 0 })
  },
})

/** @type {readonly Case[]} */
export const CASES = [
  {
    name: 'producer killed, started again',
    short: true,
    isLocal: true,
    outageMs: seconds(2),
    run: restart(),
  },
  {
    name: 'producer killed for good',
    short: true,
    outageMs: seconds(4),
    comesBack: false,
    async run(scene) {
      await scene.producer.stop()
      await sleep(seconds(4))
    },
  },
  {
    name: 'producer stopped for 3 s',
    short: true,
    outageMs: seconds(3),
    async run({ producer }) {
      producer.signal('SIGSTOP')
      await sleep(seconds(3))
      producer.signal('SIGCONT')
    },
  },
  {
    name: 'consumer stopped for 3 s',
    short: true,
    outageMs: seconds(3),
    stopsConsumer: true,
    async run({ consumer }) {
      consumer.signal('SIGSTOP')
      await sleep(seconds(3))
      consumer.signal('SIGCONT')
    },
  },
  cut(3, true),
  {
    name: 'the same over a network',
    outageMs: seconds(2),
    // `deadPeerMs`: a restarted producer cannot tell the client that the connection is gone.
    silenceMs: seconds(15),
    run: restart(),
  },
  {
    name: 'started again with another key',
    outageMs: seconds(2),
    comesBack: false,
    run: restart({ newKey: true }),
  },
  {
    // The client knows the old address of the endpoint only, so the new one has to be passed to it.
    name: 'started again at another port',
    outageMs: seconds(2),
    comesBack: false,
    run: restart({ newPort: true }),
  },
  cut(12),
  cut(40),
  {
    name: 'producer stopped for 12 s',
    outageMs: seconds(12),
    async run({ producer }) {
      producer.signal('SIGSTOP')
      await sleep(seconds(12))
      producer.signal('SIGCONT')
    },
  },
  {
    name: 'consumer seen from another port',
    outageMs: 0,
    async run({ proxy }) {
      await proxy.ask('rebind')
      await sleep(seconds(3))
    },
  },
  {
    name: 'address of the consumer changed',
    // iroh checks the interfaces every few seconds.
    outageMs: seconds(6),
    isAlone: true,
    async run(scene) {
      scene.host('consumer', 'addr', 'add', '10.8.0.3/24', 'dev', 'link0')
      scene.host('consumer', 'addr', 'del', '10.8.0.2/24', 'dev', 'link0')
      scene.host('consumer', 'addr', 'add', '10.8.0.3/24', 'dev', 'link0')
      scene.host('consumer', 'route', 'add', 'default', 'via', '10.8.0.254')
      await sleep(seconds(6))
    },
  },
  weather('5 % of the packets lost', { loss: 0.05 }, 10),
  weather('a quarter of the packets late', { reorder: 0.25, delayMs: 10 }, 8),
  weather('200 ms each way', { delayMs: 200 }, 8),
]
