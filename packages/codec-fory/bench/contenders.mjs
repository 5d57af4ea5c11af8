// The ways to turn the value of a case into bytes and back.
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

/** JSON without bytes: converts the field that holds bytes, as an application would by hand. */
function json({ value, bytesField }) {
  if (bytesField === undefined) {
    return { encode: () => encoder.encode(JSON.stringify(value)), decode: (bytes) => JSON.parse(decoder.decode(bytes)) }
  }
  return {
    encode: () => {
      const text = Buffer.from(value[bytesField]).toString('base64')
      return encoder.encode(JSON.stringify({ ...value, [bytesField]: text }))
    },
    decode: (bytes) => {
      const back = JSON.parse(decoder.decode(bytes))
      back[bytesField] = new Uint8Array(Buffer.from(back[bytesField], 'base64'))
      return back
    },
  }
}

function fory(options) {
  return ({ type, value }) => {
    const codec = new ForyCodec(options)
    return { encode: () => codec.encode(type, value), decode: (bytes) => codec.decode(type, bytes) }
  }
}

/** Returns bytes as views of the message, which keep the message and change with it; ours are copies. */
const bufbuild = (copying) => (each) => {
  if (copying && each.bytesField === undefined) return undefined
  const schema = registry.getMessage(`bench.${each.message}`)
  const value = create(schema, each.bufbuild)
  const decode = (bytes) => fromBinary(schema, bytes)
  const decodeAndCopy = (bytes) => {
    const back = fromBinary(schema, bytes)
    back[each.bytesField] = back[each.bytesField].slice()
    return back
  }
  return { encode: () => toBinary(schema, value), decode: copying ? decodeAndCopy : decode }
}

export const contenders = {
  fory: fory({}),
  'fory, no generated code': fory({ generateCode: false }),
  JSON: json,
  '@bufbuild/protobuf': bufbuild(false),
  '@bufbuild/protobuf, bytes copied': bufbuild(true),
  protobufjs: ({ message, value }) => {
    const type = root.lookupType(`bench.${message}`)
    return { encode: () => type.encode(value).finish(), decode: (bytes) => type.decode(bytes) }
  },
  msgpackr: ({ value }) => {
    const packr = new Packr({ useRecords: false })
    return { encode: () => packr.pack(value), decode: (bytes) => packr.unpack(bytes) }
  },
}
