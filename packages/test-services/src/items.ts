import { RpcError, StatusCode, t } from '@aster/rpc-core'
import type { Watch } from './watch.ts'

/** The type of all requests and responses of these services. */
export const Item = t.struct('tests/Item', { text: t.string, count: t.int })
export type Item = t.Infer<typeof Item>

/** Returns `count` items, numbered from 0. */
export function numbered(count: number, text = 'n'): { text: string; count: number }[] {
  return Array.from({ length: count }, (_, i) => ({ text, count: i }))
}

/** Reads a stream to its end and returns its items. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** Yields items without end. Records `endless ended` when the reader leaves. */
export async function* endlessItems(watch: Watch): AsyncGenerator<Item> {
  try {
    for (let count = 0; ; count++) yield { text: 'more', count }
  } finally {
    watch.note('endless ended')
  }
}

/** Throws if `text` is `fail`. */
export function throwIfAsked(text: string, message: string, code: StatusCode = StatusCode.ABORTED): void {
  if (text === 'fail') throw new RpcError(code, message)
}
