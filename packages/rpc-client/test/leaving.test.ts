import { ForyCodec } from '@aster/codec-fory'
import { type Client, createClient, openSession } from '@aster/rpc-client'
import { describe, it } from 'vitest'
import { GridService, gridServices, GridSession, Scene } from './grid-service.ts'
import { servePair, transports } from './served-pair.ts'

type Calls = Client<typeof GridService>

interface Leaving {
  readonly scene: Partial<Scene>
  /** Gets two responses. Returns a function that leaves the call. */
  readonly begin: (calls: Calls) => Promise<() => unknown>
}

async function beginBidi(calls: Calls, complete: boolean): Promise<() => unknown> {
  const channel = calls.bidi()
  for (let i = 0; i < 2; i++) await Promise.all([channel.send({}), channel.recv()])
  if (complete) channel.finish()
  return () => channel[Symbol.asyncDispose]()
}

const leavings: Record<string, Leaving> = {
  'the responses of a server stream': {
    scene: { responses: 2 },
    async begin(calls) {
      const stream = calls.server({})
      for (let i = 0; i < 2; i++) await stream.next()
      return () => stream.return?.()
    },
  },
  'a channel with the requests open': {
    scene: { responses: 2, stands: 'silent' },
    begin: (calls) => beginBidi(calls, false),
  },
  'a channel with the requests complete': { scene: { responses: 2 }, begin: (calls) => beginBidi(calls, true) },
}

describe.each(transports)('leaving a call over %s', (over) => {
  describe.each(Object.entries(leavings))('%s', (_name, { scene: settings, begin }) => {
    it.each(['shared service', 'session'])('aborts a silent handler: of a %s', async (scope) => {
      const scene = Object.assign(new Scene(), settings)
      const pair = await servePair(over, { services: gridServices(scene), codecs: [new ForyCodec()] })
      const options = { connection: pair.client, codec: new ForyCodec() }
      const calls = scope === 'session' ? await openSession(GridSession, options) : createClient(GridService, options)

      const leave = await begin(calls)
      await scene.saw('standing')
      await leave()
      await scene.saw('aborted: CANCELLED')
      await scene.saw('finally')
      await calls.ping({ text: 'next' })
      await pair.close()
    })
  })
})
