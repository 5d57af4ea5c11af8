// Loads the packages that the Aster systems measure: those of this checkout, or of the built checkout that ASTER_BENCH_CHECKOUT names.
import { pathToFileURL } from 'node:url'

/** Returns the exports of `@aster/client` and `@aster/server` that the systems need, and the definitions of the services. */
export async function loadPackages() {
  const checkout = process.env['ASTER_BENCH_CHECKOUT']
  const client = await (checkout ? importFrom(checkout, 'client') : import('@aster/client'))
  const server = await (checkout ? importFrom(checkout, 'server') : import('@aster/server'))
  const { AsterClient, JsonCodec } = client
  const { AsterServer, implement } = server
  return { AsterClient, JsonCodec, AsterServer, implement, definitions: define(client) }
}

function importFrom(checkout, name) {
  return import(`${pathToFileURL(checkout).href}/packages/${name}/dist/index.js`)
}

function define({ bidiStream, clientStream, defineService, serverStream, t, unary }) {
  const Hello = t.struct('bench/Hello', { name: t.string })
  const Reply = t.struct('bench/Reply', { message: t.string })
  const Count = t.struct('bench/Count', { name: t.string, count: t.int })
  const Blob = t.struct('bench/Blob', { data: t.bytes })
  const methods = () => ({
    unary: unary(Hello, Reply),
    serverStream: serverStream(Count, Reply),
    clientStream: clientStream(Hello, Count),
    bidi: bidiStream(Hello, Reply),
    echo: unary(Blob, Blob),
    upload: clientStream(Blob, Count),
  })
  return {
    Bench: defineService({ name: 'Bench', version: 1, methods: methods() }),
    BenchSession: defineService({ name: 'BenchSession', version: 1, scope: 'session', methods: methods() }),
  }
}
