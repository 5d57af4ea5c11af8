// A UDP proxy on the router: loses, delays, reorders and cuts what goes from host to host, as it is told.
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

/** A socket may have been closed meanwhile. */
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
  /** The producer sees the consumer come from another port, as behind a NAT that forgot it. */
  async rebind() {
    const old = out
    out = await openOutgoing()
    setTimeout(() => old.close(), 300)
  },
  counts: () => ({ passed, lost }),
})
