// The handlers of the services, for systems whose handlers take and return messages.
import { greet, NAME } from '../messages.mjs'

/** @param toCount makes the system's integer of a number */
export const handlersWith = (toCount) => ({
  unary: ({ name }) => ({ message: greet(name) }),
  async *serverStream({ name, count }) {
    for (let i = 0; i < count; i++) yield { message: greet(name) }
  },
  async clientStream(requests) {
    let count = 0
    for await (const { name } of requests) if (name) count++
    return { name: NAME, count: toCount(count) }
  },
  async *bidi(requests) {
    for await (const { name } of requests) yield { message: greet(name) }
  },
  echo: ({ data }) => ({ data }),
  async upload(requests) {
    let count = 0
    for await (const { data } of requests) count += data.length
    return { name: NAME, count: toCount(count) }
  },
})
