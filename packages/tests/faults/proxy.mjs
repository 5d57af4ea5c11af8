// A UDP proxy on the router, which loses, delays, reorders and cuts the packets between the hosts on request.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { answer } from '../programs/answer.mjs'

const { listen, port, outgoing } = JSON.parse(process.argv[2])
const PRODUCER = '10.9.0.1'
const state = { loss: 0, delayMs: 0, reorder: 0, isCut: false }
let passed = 0
let lost = 0
let consumer
let out = await openOutgoing()
const front = createSocket('udp4').on('error', () => {})
front.on('message', (datagram, from) => {
  consumer = from
  const socket = out
  pass(() => socket.send(datagram, port, PRODUCER, () => {}))
})
front.bind(listen, '10.8.0.254')
await once(front, 'listening')

async function openOutgoing() {
  const socket = createSocket('udp4').on('error', () => {})
  socket.on('message', (datagram) =>
    pass(() => consumer && front.send(datagram, consumer.port, consumer.address, () => {})),
  )
  socket.bind(0, outgoing)
  await once(socket, 'listening')
  return socket
}

function pass(send) {
  if (state.isCut || Math.random() < state.loss) return void lost++
  passed++
  const delay = state.delayMs + (Math.random() < state.reorder ? 40 : 0)
  if (delay > 0) setTimeout(() => attempt(send), delay)
  else attempt(send)
}

/** Sends, and ignores the error of a socket that has been closed meanwhile. */
function attempt(send) {
  try {
    send()
  } catch {
    lost++
  }
}

answer({
  ready: () => true,
  set: (change) => void Object.assign(state, change),
  /** Changes the port from which the producer sees the consumer come, as a NAT does that forgot the mapping. */
  async rebind() {
    const old = out
    out = await openOutgoing()
    setTimeout(() => old.close(), 300)
  },
  counts: () => ({ passed, lost }),
})
