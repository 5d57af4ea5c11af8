import { defineService, t, unary } from '@aster/client'

export const HelloRequest = t.struct('hello/HelloRequest', { name: t.string })
export const HelloResponse = t.struct('hello/HelloResponse', { message: t.string })

export const HelloService = defineService({
  name: 'HelloService',
  version: 1,
  methods: { sayHello: unary(HelloRequest, HelloResponse) },
})
