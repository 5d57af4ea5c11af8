// Each way to turn a case's value into bytes and back.
import { ForyCodec } from '@aster/codec-fory'
import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { Packr } from 'msgpackr'
import protobuf from 'protobufjs'
import descriptor from 'protobufjs/ext/descriptor/index.js'
import { proto } from './cases.mjs'

const { root } = protobuf.parse(proto, { keepCase: true })
const set = root.toDescriptor('proto3')
for (const message of set.file.flatMap((file) => file.messageType)) {
  for (const field of message.field) {
    // protobufjs leaves the names of messages relative.
    if (field.typeName && !field.typeName.startsWith('.')) {
      const nested = message.nestedType.some(({ name }) => name === field.typeName)
      field.typeName = nested ? `.bench.${message.name}.${field.typeName}` : `.bench.${field.typeName}`
    }
  }
}
const files = descriptor.FileDescriptorSet.encode(set).finish()
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, files))

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const asText = (_key, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value)

/** JSON has no bytes: they are base64, and turned back afterwards. */
function json({ name, value }) {
  if (name === 'medium') {
    // Bytes within: what an application would do by hand.
    return {
      encode: () => encoder.encode(JSON.stringify({ ...value, signature: Buffer.from(value.signature).toString('base64') })),
      decode: (bytes) => {
        const back = JSON.parse(decoder.decode(bytes))
        back.signature = new Uint8Array(Buffer.from(back.signature, 'base64'))
        return back
      },
    }
  }
  if (name === '1 MiB') {
    return {
      encode: () => encoder.encode(JSON.stringify(value, asText)),
      decode: (bytes) => {
        const back = JSON.parse(decoder.decode(bytes))
        back.data = new Uint8Array(Buffer.from(back.data, 'base64'))
        return back
      },
    }
  }
  return { encode: () => encoder.encode(JSON.stringify(value)), decode: (bytes) => JSON.parse(decoder.decode(bytes)) }
}

function fory(options) {
  return ({ type, value }) => {
    const codec = new ForyCodec(options)
    return { encode: () => codec.encode(type, value), decode: (bytes) => codec.decode(type, bytes) }
  }
}

export const contenders = {
  fory: fory({}),
  'fory, no generated code': fory({ generateCode: false }),
  JSON: json,
  '@bufbuild/protobuf': ({ message, bufbuild }) => {
    const schema = registry.getMessage(`bench.${message}`)
    const value = create(schema, bufbuild)
    return { encode: () => toBinary(schema, value), decode: (bytes) => fromBinary(schema, bytes) }
  },
  protobufjs: ({ message, value }) => {
    const type = root.lookupType(`bench.${message}`)
    return { encode: () => type.encode(value).finish(), decode: (bytes) => type.decode(bytes) }
  },
  msgpackr: ({ value }) => {
    const packr = new Packr({ useRecords: false })
    return { encode: () => packr.pack(value), decode: (bytes) => packr.unpack(bytes) }
  },
}
