// The messages to measure: each has a schema of ours, the same schema as .proto, and a value.
import { t } from '@aster/rpc-core'
import { StreamHeader } from '@aster/rpc-core/protocol'

const Address = t.struct('bench/Address', { street: t.string, city: t.string, zip: t.string, country: t.string })
const Customer = t.struct('bench/Customer', {
  id: t.int,
  name: t.string,
  email: t.string,
  vip: t.bool,
  balance: t.float64,
  home: Address,
  work: t.optional(Address),
})
const Item = t.struct('bench/Item', {
  sku: t.string,
  title: t.string,
  quantity: t.int,
  price: t.float64,
  taxed: t.bool,
})
const Order = t.struct('bench/Order', {
  id: t.string,
  number: t.int,
  createdMs: t.int,
  updatedMs: t.int,
  paid: t.bool,
  shipped: t.bool,
  total: t.float64,
  tax: t.float64,
  discount: t.float64,
  currency: t.string,
  note: t.string,
  coupon: t.optional(t.string),
  customer: Customer,
  items: t.list(Item),
  tags: t.list(t.string),
  attributes: t.record(t.string),
  scores: t.list(t.int),
  signature: t.bytes,
})
const Row = t.struct('bench/Row', {
  id: t.int,
  name: t.string,
  x: t.float64,
  y: t.float64,
  active: t.bool,
  rank: t.int,
})
const Table = t.struct('bench/Table', { rows: t.list(Row) })
const Blob = t.struct('bench/Blob', { name: t.string, data: t.bytes })

export const proto = `syntax = "proto3";
package bench;
message StreamHeader { string service = 1; string method = 2; int32 version = 3; string callId = 4; int64 deadlineEpochMs = 5; int32 serializationMode = 6; repeated string metadataKeys = 7; repeated string metadataValues = 8; }
message Address { string street = 1; string city = 2; string zip = 3; string country = 4; }
message Customer { int32 id = 1; string name = 2; string email = 3; bool vip = 4; double balance = 5; Address home = 6; optional Address work = 7; }
message Item { string sku = 1; string title = 2; int32 quantity = 3; double price = 4; bool taxed = 5; }
message Order { string id = 1; int32 number = 2; int64 createdMs = 3; int64 updatedMs = 4; bool paid = 5; bool shipped = 6; double total = 7; double tax = 8; double discount = 9; string currency = 10; string note = 11; optional string coupon = 12; Customer customer = 13; repeated Item items = 14; repeated string tags = 15; map<string, string> attributes = 16; repeated int32 scores = 17; bytes signature = 18; }
message Row { int32 id = 1; string name = 2; double x = 3; double y = 4; bool active = 5; int32 rank = 6; }
message Table { repeated Row rows = 1; }
message Blob { string name = 1; bytes data = 2; }
`

const header = {
  service: 'HelloService',
  method: 'say_hello',
  version: 1,
  callId: 'c-1024',
  deadlineEpochMs: 1775500000123,
  serializationMode: 0,
  metadataKeys: ['trace-id'],
  metadataValues: ['4bf92f3577b34da6'],
}

const order = {
  id: 'ord_01HZX3QG7S9V',
  number: 48213,
  createdMs: 1775500000123,
  updatedMs: 1775500360456,
  paid: true,
  shipped: false,
  total: 249.97,
  tax: 39.91,
  discount: 12.5,
  currency: 'EUR',
  note: 'Please leave the parcel with the neighbours on the second floor.',
  coupon: 'SPRING-15',
  customer: {
    id: 90817,
    name: 'Grete Müller',
    email: 'grete.mueller@example.org',
    vip: true,
    balance: -18.75,
    home: { street: 'Hauptstraße 12', city: 'Köln', zip: '50667', country: 'DE' },
    work: { street: '1 Infinite Loop', city: 'Cupertino', zip: '95014', country: 'US' },
  },
  items: [
    { sku: 'KB-104-DE', title: 'Mechanical keyboard', quantity: 1, price: 129.99, taxed: true },
    { sku: 'MS-7', title: 'Mouse', quantity: 2, price: 39.99, taxed: true },
    { sku: 'CBL-USB-C-2M', title: 'USB-C cable, 2 m, braided', quantity: 3, price: 13.33, taxed: false },
  ],
  tags: ['online', 'express', 'gift'],
  attributes: { source: 'app', campaign: 'spring', device: 'ios' },
  scores: [5, 17, 300, 70000, -4],
  signature: Uint8Array.from({ length: 32 }, (_, i) => i * 7),
}

const table = {
  rows: Array.from({ length: 10_000 }, (_, i) => ({
    id: i,
    name: `row number ${i}`,
    x: i * 0.5,
    y: -i / 3,
    active: i % 3 === 0,
    rank: (i * 7919) % 100_000,
  })),
}

const blob = { name: 'one MiB', data: Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 31) >>> 3) }

/** Converts the named 64-bit fields to bigint, as @bufbuild/protobuf needs them. */
const wide = (value, ...names) => ({
  ...value,
  ...Object.fromEntries(names.map((name) => [name, BigInt(value[name])])),
})

export const cases = [
  {
    name: 'small',
    message: 'StreamHeader',
    type: StreamHeader,
    value: header,
    bufbuild: wide(header, 'deadlineEpochMs'),
  },
  {
    name: 'medium',
    message: 'Order',
    type: Order,
    value: order,
    bytesField: 'signature',
    bufbuild: wide(order, 'createdMs', 'updatedMs'),
  },
  { name: 'large', message: 'Table', type: Table, value: table, bufbuild: table },
  { name: '1 MiB', message: 'Blob', type: Blob, value: blob, bytesField: 'data', bufbuild: blob },
]
