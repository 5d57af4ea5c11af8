// @grpc/grpc-js with @grpc/proto-loader. Variants: '' (HTTP/2 without TLS, its fastest way), 'tls'.
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import grpc from '@grpc/grpc-js'
import loader from '@grpc/proto-loader'
import { selfSigned } from '../certificate.mjs'
import { greet, hellos, NAME, pieces } from '../messages.mjs'

const definition = loader.loadSync(fileURLToPath(new URL('../bench.proto', import.meta.url)), { longs: Number })
const { Bench } = grpc.loadPackageDefinition(definition).bench
const UNLIMITED = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 }

export async function serve(variant) {
  const server = new grpc.Server(UNLIMITED)
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
    Bidi(call) {
      call.on('data', ({ name }) => call.write({ message: greet(name) }))
      call.on('end', () => call.end())
    },
    Echo: ({ request }, respond) => respond(null, { data: request.data }),
    Upload(call, respond) {
      let count = 0
      call.on('data', ({ data }) => (count += data.length))
      call.on('end', () => respond(null, { name: NAME, count }))
    },
  })
  const pair = variant === 'tls' ? selfSigned('localhost') : undefined
  const credentials = pair
    ? grpc.ServerCredentials.createSsl(null, [
        { private_key: Buffer.from(pair.key), cert_chain: Buffer.from(pair.certificate) },
      ])
    : grpc.ServerCredentials.createInsecure()
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, port) =>
      error ? reject(error) : resolve({ target: `127.0.0.1:${port}`, certificate: pair?.certificate }),
    )
  })
}

export async function connect({ target, certificate }) {
  const credentials = certificate
    ? grpc.credentials.createSsl(Buffer.from(certificate))
    : grpc.credentials.createInsecure()
  const client = new Bench(target, credentials, {
    ...UNLIMITED,
    // Without a pool of its own, a second client would share the connection of the first one.
    'grpc.use_local_subchannel_pool': 1,
    ...(certificate && { 'grpc.ssl_target_name_override': 'localhost' }),
  })
  const call = (method, request) =>
    new Promise((resolve, reject) => {
      client[method](request, (error, reply) => (error ? reject(error) : resolve(reply)))
    })
  const send = (method, requests) =>
    new Promise((resolve, reject) => {
      const stream = client[method]((error, answer) => (error ? reject(error) : resolve(answer.count)))
      writeAll(stream, requests).catch(reject)
    })
  return {
    unary: async (name) => (await call('Unary', { name })).message,
    async serverStream(count) {
      let seen = 0
      for await (const { message } of client.ServerStream({ name: NAME, count })) if (message) seen++
      return seen
    },
    clientStream: (count) => send('ClientStream', hellos(count)),
    bidi: (count) =>
      new Promise((resolve, reject) => {
        const stream = client.Bidi()
        let seen = 0
        stream.on('data', () => (++seen < count ? stream.write({ name: NAME }) : stream.end()))
        stream.on('end', () => resolve(seen))
        stream.on('error', reject)
        stream.write({ name: NAME })
      }),
    echo: async (data) => (await call('Echo', { data })).data,
    upload: (total, piece) => send('Upload', pieces(total, piece)),
    async openStream() {
      const stream = client.Bidi()
      stream.write({ name: NAME })
      const [{ message }] = await once(stream, 'data')
      return { message, close: () => stream.end() }
    },
    close: () => client.close(),
  }
}

async function writeAll(stream, messages) {
  for (const message of messages) if (!stream.write(message)) await once(stream, 'drain')
  stream.end()
}
