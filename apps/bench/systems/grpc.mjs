// @grpc/grpc-js with @grpc/proto-loader, HTTP/2 without TLS: the fastest way it has, while iroh always encrypts.
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import grpc from '@grpc/grpc-js'
import loader from '@grpc/proto-loader'
import { greet, NAME } from '../workload.mjs'

const definition = loader.loadSync(fileURLToPath(new URL('../bench.proto', import.meta.url)), { longs: Number })
const { Bench } = grpc.loadPackageDefinition(definition).bench

export async function serve() {
  const server = new grpc.Server()
  server.addService(Bench.service, {
    Unary: ({ request }, respond) => respond(null, { message: greet(request.name) }),
    async ServerStream(call) {
      const { name, count } = call.request
      for (let i = 0; i < count; i++) if (!call.write({ message: greet(name) })) await once(call, 'drain')
      call.end()
    },
    ClientStream(call, respond) {
      let count = 0
      call.on('data', ({ name }) => {
        if (name) count++
      })
      call.on('end', () => respond(null, { name: NAME, count }))
    },
  })
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(`127.0.0.1:${port}`),
    )
  })
}

export async function connect(address) {
  // Without a pool of its own a second client would share the first one's connection.
  const client = new Bench(address, grpc.credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 })
  return {
    unary: (name) =>
      new Promise((resolve, reject) => {
        client.Unary({ name }, (error, reply) => (error ? reject(error) : resolve(reply.message)))
      }),
    async serverStream(count) {
      let seen = 0
      for await (const { message } of client.ServerStream({ name: NAME, count })) if (message) seen++
      return seen
    },
    clientStream: (count) =>
      new Promise((resolve, reject) => {
        const call = client.ClientStream((error, answer) => (error ? reject(error) : resolve(answer.count)))
        send(call, count).catch(reject)
      }),
    close: () => client.close(),
  }
}

async function send(call, count) {
  for (let i = 0; i < count; i++) if (!call.write({ name: NAME })) await once(call, 'drain')
  call.end()
}
