// A producer, driven over IPC. Starts on request; settings come from the environment.
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { AsterServer, implement } from '@aster/server'
import { answer } from '../programs/answer.mjs'
import { Counter, Numbers } from './services.mjs'

/** The times that each number was received. */
const noted = new Map()
const log = []
const write = (level) => (fields, message) => void log.push({ level, message, relay: fields.relayUrl ?? fields.relay })
const logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
const events = []

const numbers = implement(Numbers, {
  note({ n }) {
    noted.set(n, (noted.get(n) ?? 0) + 1)
    return { n }
  },
  async *count({ n }) {
    for (let i = 0; i < n; i++) {
      yield { n: i }
      await sleep(20)
    }
  },
  async *echo(requests) {
    yield* requests
  },
  text: (request) => request,
})
const counter = implement(Counter, () => {
  let sum = 0
  return { add: ({ n }) => ({ n: (sum += n) }) }
})

const options = JSON.parse(process.env.SERVER_OPTIONS ?? '{}')
const server = new AsterServer({ services: [numbers, counter], allowAllConsumers: true, logger, ...options })
server.on('relay', (event) => events.push(event))

const info = () => {
  const { ticket, address, endpointTicket, endpointAddr, endpointId, relayUrl } = server
  return { ticket, address, endpointTicket, endpointAddr, endpointId, relayUrl, events, log }
}

answer({
  async start() {
    const began = performance.now()
    await server.start()
    return { ...info(), ms: Math.round(performance.now() - began) }
  },
  info,
  /** Returns the numbers that were received more than once, and the count of all numbers. */
  noted: () => ({ count: noted.size, doubled: [...noted].filter(([, times]) => times > 1).map(([n]) => n) }),
})
