import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AdmissionError } from './errors.ts'
import {
  type AdmissionAnswer,
  formatAnswer,
  formatRequest,
  parseAnswer,
  parseRequest,
  type ServiceSummary,
} from './messages.ts'

const texts = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), { maxKeys: 5 })
const hex = fc.stringMatching(/^[0-9a-f]{64}$/)

const services: fc.Arbitrary<ServiceSummary> = fc.record({
  name: fc.string({ minLength: 1 }),
  version: fc.integer({ min: 1 }),
  contractId: fc.oneof(fc.constant(''), hex),
  channels: texts,
  pattern: fc.constantFrom('shared' as const, 'session' as const),
  serializationModes: fc.array(fc.string(), { minLength: 1, maxLength: 4 }),
})

const answers: fc.Arbitrary<AdmissionAnswer> = fc.record({
  admitted: fc.boolean(),
  attributes: texts,
  services: fc.array(services, { maxLength: 4 }),
  registryNamespace: fc.string(),
  rootPubkey: fc.oneof(fc.constant(''), hex),
  reason: fc.string(),
})

const garbage = fc.oneof(
  fc.string(),
  fc.json(),
  fc
    .record(
      {
        admitted: fc.oneof(fc.constant(true), fc.anything()),
        attributes: fc.anything(),
        services: fc.oneof(fc.anything(), fc.array(fc.oneof(fc.anything(), fc.record({ name: fc.anything() })))),
        root_pubkey: fc.anything(),
        credential_json: fc.anything(),
        iid_token: fc.anything(),
      },
      { requiredKeys: [] },
    )
    .map((value) => JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? null : one))),
)

it('reads back exactly what it writes', () => {
  fc.assert(
    fc.property(answers, (answer) => {
      expect(parseAnswer(formatAnswer(answer))).toEqual(answer)
    }),
  )
  const requests = fc.record({ credentialJson: fc.string({ unit: 'binary' }), iidToken: fc.string() })
  fc.assert(
    fc.property(requests, (request) => {
      expect(parseRequest(formatRequest(request))).toEqual(request)
    }),
  )
})

it('keeps keys that an object has already', () => {
  const json = '{"admitted":true,"attributes":{"__proto__":"a","constructor":"b"}}'
  expect(Object.entries(parseAnswer(json).attributes)).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ])
})

it.each([parseAnswer, parseRequest])('returns a value or throws an AdmissionError for any string: $name', (parse) => {
  fc.assert(
    fc.property(garbage, (text) => {
      try {
        parse(text)
      } catch (error) {
        expect(error).toBeInstanceOf(AdmissionError)
      }
    }),
  )
})

describe('an answer that is ill-formed', () => {
  const service = (members: string): string => `{"admitted":true,"services":[{"name":"A","version":1},{${members}}]}`
  const channels = JSON.stringify(Object.fromEntries(Array.from({ length: 101 }, (_, index) => [index, ''])))
  it.each([
    ['', 'expected JSON, found 0 characters that are not JSON'],
    ['[]', 'expected an object, found a list'],
    ['{}', 'admitted: expected true or false, found nothing'],
    ['{"admitted":"false"}', 'admitted: expected true or false, found "false"'],
    ['{"admitted":true,"attributes":{"a":1}}', 'attributes: expected an object with string values, found an object'],
    ['{"admitted":true,"root_pubkey":"ab"}', 'root_pubkey: expected 64 hex digits, found "ab"'],
    ['{"admitted":true,"reason":{}}', 'reason: expected a string, found an object'],
    ['{"admitted":true,"services":{}}', 'services: expected a list, found an object'],
    [`{"admitted":true,"services":[${'0,'.repeat(10_000)}0]}`, 'services: expected at most 10000, found 10001'],
    [service('"version":1'), 'services[1].name: expected a name, found nothing'],
    [service('"name":"B","version":1.5'), 'services[1].version: expected a positive integer, found 1.5'],
    [service('"name":"B","version":1,"pattern":"x"'), 'services[1].pattern: expected shared or session, found "x"'],
    [service(`"name":"B","version":1,"channels":${channels}`), 'services[1].channels: expected at most 100, found 101'],
    [
      service('"name":"B","version":1,"serialization_modes":["xlang",3]'),
      'services[1].serialization_modes[1]: expected a string, found 3',
    ],
  ])('is named by its member: %s', (json, message) => {
    expect(() => parseAnswer(json)).toThrow(`admission answer: ${message}`)
  })

  it('does not fill the message, or steer a terminal', () => {
    const long = JSON.stringify({ admitted: `\u009b31m${'x'.repeat(60_000)}` })
    const message = messageOf(() => parseAnswer(long))
    expect(message).toContain('\uFFFD31m')
    expect(message.length).toBeLessThan(250)
  })
})

it('repeats nothing of a request, which may hold a credential', () => {
  const secret = '5ec2e75ec2e7'
  for (const text of [secret, `{"credential_json":"${secret}`, `{"credential_json":{"signature":"${secret}"}}`]) {
    expect(messageOf(() => parseRequest(text))).not.toContain(secret)
  }
})

function messageOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return String(error)
  }
  throw new Error('nothing was thrown')
}
