import { bidiStream, clientStream, defineService, serverStream, t, unary } from '@aster/client'

export const HelloRequest = t.struct('hello/HelloRequest', { name: t.string })
export const HelloResponse = t.struct('hello/HelloResponse', { message: t.string })
export const TickerRequest = t.struct('hello/TickerRequest', { symbol: t.string })
export const PriceUpdate = t.struct('hello/PriceUpdate', { symbol: t.string, price: t.float64 })
export const Chunk = t.struct('hello/Chunk', { data: t.string })
export const UploadResult = t.struct('hello/UploadResult', { chunks: t.int, characters: t.int })
export const ChatMsg = t.struct('hello/ChatMsg', { text: t.string })

export const HelloService = defineService({
  name: 'HelloService',
  version: 1,
  methods: {
    sayHello: unary(HelloRequest, HelloResponse),
    watchPrice: serverStream(TickerRequest, PriceUpdate),
    upload: clientStream(Chunk, UploadResult),
    chat: bidiStream(ChatMsg, ChatMsg),
  },
})
