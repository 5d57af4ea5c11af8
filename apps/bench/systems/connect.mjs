// @connectrpc/connect-node: the Connect protocol over HTTP/2 without TLS, in binary.
import { once } from 'node:events'
import http2 from 'node:http2'
import { fileURLToPath } from 'node:url'
import { create, createFileRegistry, fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { createClient } from '@connectrpc/connect'
import { connectNodeAdapter, createConnectTransport, Http2SessionManager } from '@connectrpc/connect-node'
import loader from '@grpc/proto-loader'
import { hellos, NAME, pieces } from '../messages.mjs'
import { handlersWith } from './handlers.mjs'

// There is no generated code: the descriptors that proto-loader reads are those that a generator would embed.
const definition = loader.loadSync(fileURLToPath(new URL('../bench.proto', import.meta.url)))
const file = definition['bench.Hello'].fileDescriptorProtos.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes))
const Bench = createFileRegistry(create(FileDescriptorSetSchema, { file })).getService('bench.Bench')

export async function serve() {
  const handlers = handlersWith(BigInt)
  const handler = connectNodeAdapter({ routes: (router) => router.service(Bench, handlers) })
  const server = http2.createServer({}, handler)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${server.address().port}`
}

export async function connect(baseUrl) {
  const sessionManager = new Http2SessionManager(baseUrl)
  const client = createClient(
    Bench,
    createConnectTransport({ baseUrl, httpVersion: '2', useBinaryFormat: true, sessionManager }),
  )
  return {
    unary: async (name) => (await client.unary({ name })).message,
    async serverStream(count) {
      let seen = 0
      for await (const { message } of client.serverStream({ name: NAME, count: BigInt(count) })) if (message) seen++
      return seen
    },
    clientStream: async (count) => Number((await client.clientStream(toAsync(hellos(count)))).count),
    async bidi(count) {
      let seen = 0
      let next
      const requests = async function* () {
        for (let i = 0; i < count; i++) {
          const answered = new Promise((resolve) => (next = resolve))
          yield { name: NAME }
          await answered
        }
      }
      for await (const { message } of client.bidi(requests())) {
        if (message) seen++
        next()
      }
      return seen
    },
    echo: async (data) => (await client.echo({ data })).data,
    upload: async (total, piece) => Number((await client.upload(toAsync(pieces(total, piece)))).count),
    close: () => sessionManager.abort(),
  }
}

async function* toAsync(messages) {
  yield* messages
}
