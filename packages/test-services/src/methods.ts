import { bidiStream, clientStream, serverStream, unary } from '@aster/rpc-core'
import { Item } from './items.ts'

/** A method of each kind, and `ping`, which answers at once. */
export const methodsOfEachKind = {
  ping: unary(Item, Item),
  unary: unary(Item, Item),
  server: serverStream(Item, Item),
  client: clientStream(Item, Item),
  bidi: bidiStream(Item, Item),
}
