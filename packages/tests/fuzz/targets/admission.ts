import {
  AdmissionDesk,
  AdmissionDeniedError,
  type AdmissionEvent,
  ConsumerGate,
  MemoryNonceStore,
  requestAdmission,
} from '@aster/admission'
import { memoryPair } from '@aster/transport-memory'
import { assert, Defect, expectError, isPrintable } from '../engine/expect-error.ts'
import { type Target, textOf } from '../engine/target.ts'
import { readVectors, seedsOf, textsUnder } from './seeds.ts'

interface Vectors {
  readonly rootPubkey: string
}

const vectors = readVectors('admission/fixtures/admission.json')
const { rootPubkey } = vectors as unknown as Vectors
const PEER = 'aa'.repeat(32)
const TOKENS = [
  'true',
  'false',
  'null',
  '{',
  '}',
  '[',
  ']',
  '":"',
  '\\"',
  '__proto__',
  '\\ud800',
  '\\u001b',
  '1e9',
  '-1',
]

const gates = [true, false].map(
  (allowAllConsumers) =>
    new ConsumerGate({ rootPubkey, allowAllConsumers, nonceStore: new MemoryNonceStore(), maxPeers: 100 }),
)

/** A producer that reads a request answers with at most 65,536 bytes of JSON, or ends the stream. */
export const admissionRequests: Target = {
  name: 'admission-requests',
  seeds: () => seedsOf(textsUnder(vectors, 'request')),
  tokens: TOKENS,
  async run(input) {
    for (const gate of gates) {
      const events: AdmissionEvent[] = []
      const desk = new AdmissionDesk({ gate, services: () => [], audit: (event) => void events.push(event) })
      const [consumer, producer] = memoryPair({ alpn: 'aster.consumer_admission', ids: [PEER, 'producer'] })
      const attended = desk.attend(producer)
      const stream = await consumer.openStream()
      await stream.write(input, { finish: true })
      const chunks: Uint8Array[] = []
      for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) chunks.push(chunk)
      consumer.close()
      await attended
      const answer = Buffer.concat(chunks)
      if (answer.length > 0) assert(typeof JSON.parse(textOf(answer)).admitted === 'boolean', 'an answer is a decision')
      for (const event of events) {
        const reason = 'reason' in event ? String(event.reason) : ''
        assert(isPrintable(reason) && reason.length < 2000, 'a reason is short and printable')
      }
    }
  },
}

/** A consumer that reads an answer returns the admission, or throws a documented error. */
export const admissionAnswers: Target = {
  name: 'admission-answers',
  seeds: () => seedsOf(textsUnder(vectors, 'answer')),
  tokens: TOKENS,
  async run(input) {
    const [consumer, producer] = memoryPair({ alpn: 'aster.consumer_admission' })
    const produced = (async () => {
      for await (const stream of producer.incomingStreams()) {
        await stream.write(input, { finish: true })
        break
      }
    })()
    try {
      const answer = await requestAdmission(consumer)
      assert(answer.admitted, 'an answer that is returned admits')
      for (const { name, channels } of answer.services)
        if (typeof name !== 'string' || Object.values(channels).some((one) => typeof one !== 'string'))
          throw new Defect('a service has a name and the addresses of its channels')
    } catch (error) {
      expectError(error, { name: ['AdmissionError', AdmissionDeniedError.name, 'ProducerIdentityError'] })
    } finally {
      consumer.close()
      await produced
    }
  },
}
