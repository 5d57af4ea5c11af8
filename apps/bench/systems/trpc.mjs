// tRPC over WebSocket. It has no client streams and no bidi. Bytes travel as base64, since tRPC sends JSON.
import { once } from 'node:events'
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { WebSocket, WebSocketServer } from 'ws'
import { greet, NAME } from '../messages.mjs'

const t = initTRPC.create()
// A validator that takes no time, since the other systems check no more than types.
const unchecked = (value) => value
const router = t.router({
  unary: t.procedure.input(unchecked).mutation(({ input }) => ({ message: greet(input.name) })),
  serverStream: t.procedure.input(unchecked).subscription(async function* ({ input }) {
    for (let i = 0; i < input.count; i++) yield { message: greet(input.name) }
  }),
  echo: t.procedure.input(unchecked).mutation(({ input }) => {
    const data = Buffer.from(input.data, 'base64')
    return { data: data.toString('base64') }
  }),
})

export async function serve() {
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1', maxPayload: 2 ** 28 })
  await once(wss, 'listening')
  applyWSSHandler({ wss, router, createContext: () => ({}) })
  return `ws://127.0.0.1:${wss.address().port}`
}

export async function connect(url) {
  const socket = createWSClient({ url, WebSocket })
  const client = createTRPCClient({ links: [wsLink({ client: socket })] })
  return {
    unary: async (name) => (await client.unary.mutate({ name })).message,
    serverStream: (count) =>
      new Promise((resolve, reject) => {
        let seen = 0
        client.serverStream.subscribe(
          { name: NAME, count },
          {
            onData: ({ message }) => {
              if (message) seen++
            },
            onComplete: () => resolve(seen),
            onError: reject,
          },
        )
      }),
    async echo(data) {
      const base64 = Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64')
      return Buffer.from((await client.echo.mutate({ data: base64 })).data, 'base64')
    },
    close: () => socket.close(),
  }
}
