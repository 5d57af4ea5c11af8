// `node copies-probe.mjs [[name, file], …]`: loads several copies of the packages, and prints the values that one of them does not
// recognise of another, as a JSON list.
import { isDeepStrictEqual } from 'node:util'
import { argv } from 'node:process'
import { pathToFileURL } from 'node:url'

/** An instance of each class of errors. One that is not listed takes a message alone. */
const ARGUMENTS = {
  AdmissionDeniedError: [['a hint']],
  ConfigError: [[{ field: 'relayMode', source: 'ASTER_RELAY_MODE', found: '"of"', expected: 'default' }]],
  ContractMismatchError: ['Hello', 1, 'a', 'b'],
  IdentityError: [{ field: 'key', expected: '32 bytes', found: '31' }],
  ProducerIdentityError: ['a', 'b'],
  RpcError: [5, 'not here', { details: { why: 'because' } }],
  ServiceNotFoundError: ['Hello', 1, []],
  TransportError: ['lost', 'gone', { code: 3 }],
}

const copies = []
for (const [name, file] of JSON.parse(argv[2])) copies.push({ name, ...(await import(pathToFileURL(file).href)) })

const problems = []
const expectSame = (what, found, expected) => {
  if (!isDeepStrictEqual(found, expected))
    problems.push(`${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`)
}

/** The exported classes of errors of a copy, by their names. */
function errorClasses(copy) {
  const found = {}
  for (const exports of Object.values(copy)) {
    if (typeof exports !== 'object') continue
    for (const [name, value] of Object.entries(exports))
      if (
        typeof value === 'function' &&
        (value === copy.rpcCore.AsterError || value.prototype instanceof copy.rpcCore.AsterError)
      )
        found[name] = value
  }
  return found
}

/** The classes that a class is made from, itself included: by their names. */
function ancestors(type, classes) {
  const names = []
  for (let one = type; one !== null; one = Object.getPrototypeOf(one))
    names.push(...Object.keys(classes).filter((name) => classes[name] === one))
  return names.toSorted()
}

const facts = (error) => ({
  name: error.name,
  message: error.message,
  text: String(error),
  code: error.code,
  codeName: error.codeName,
  kind: error.kind,
  details: error.details,
})

const [installed] = copies
const names = Object.keys(errorClasses(installed)).toSorted()
if (names.length < Object.keys(ARGUMENTS).length)
  problems.push(`the installed packages export only the errors ${names.join(', ')}`)
const expected = {}
for (const name of names) {
  const classes = errorClasses(installed)
  const error = new classes[name](...(ARGUMENTS[name] ?? ['a message']))
  expected[name] = { ...facts(error), classes: ancestors(classes[name], classes) }
  if (error.name !== name) problems.push(`the name of ${name} is ${error.name}`)
}

for (const made of copies) {
  const classes = errorClasses(made)
  expectSame(`${made.name}, exported errors`, Object.keys(classes).toSorted(), names)
  for (const name of names) {
    const error = new classes[name](...(ARGUMENTS[name] ?? ['a message']))
    const { classes: ancestry, ...rest } = expected[name]
    expectSame(`${made.name}, ${name}`, facts(error), rest)
    for (const asked of copies) {
      const where = `${name} of copy '${made.name}' in copy '${asked.name}'`
      const others = errorClasses(asked)
      expectSame(
        `${where}: instanceof`,
        names.filter((other) => error instanceof others[other]),
        ancestry,
      )
      if (name === 'RpcError' && asked.rpcCore.RpcError.from(error) !== error)
        problems.push(`${where}: RpcError.from makes another`)
    }
  }
  const { Timestamp } = made.rpcCore
  for (const asked of copies) {
    const where = `copy '${made.name}' in copy '${asked.name}'`
    const moment = new Timestamp(5, 6)
    const { Timestamp: Other, RpcError, t, check, markUnsent, isUnsent } = asked.rpcCore
    if (!(moment instanceof Other) || !new Other(5, 6).equals(moment))
      problems.push(`a Timestamp of ${where} is not recognised`)
    if (check(t.timestamp, moment) !== moment) problems.push(`a Timestamp of ${where} is not taken`)
    if (!(made.codecFory.typed(t.int, 5) instanceof asked.codecFory.Typed))
      problems.push(`a Typed of ${where} is not recognised`)
    if (!made.rpcCore.isUnsent(markUnsent(new RpcError(14, 'x'))) || isUnsent(new RpcError(14, 'x')))
      problems.push(`an unsent call of ${where} is not recognised`)
    if (!made.protocol.isReceived(asked.protocol.markReceived(new RpcError(5, 'x'))))
      problems.push(`a received error of ${where} is not recognised`)
    await calls(made, asked, where)
  }
}
console.log(JSON.stringify(problems))

/** A producer of one copy, whose handlers, definition and messages are of another. */
async function calls(made, asked, where) {
  const { defineService, implement, RpcError, t, Timestamp, unary } = made.rpcCore
  const Message = t.struct('copies/Message', { at: t.timestamp, any: t.any })
  const Echo = defineService({
    name: 'Echo',
    methods: { echo: unary(Message, Message), fail: unary(Message, Message), crash: unary(Message, Message) },
  })
  const service = implement(Echo, {
    echo: (message) => ({ at: new Timestamp(message.at.seconds + 1), any: message.any }),
    fail: () => {
      throw new RpcError(5, 'not here', { details: { why: 'because' } })
    },
    crash: () => {
      throw new Error('secret')
    },
  })
  const [consumer, producer] = asked.memory.memoryPair()
  const codecs = [new asked.codecFory.ForyCodec(), new asked.codecJson.JsonCodec()]
  const served = asked.rpcServer.serveConnection(producer, { services: [service], codecs })
  for (const codec of codecs) {
    const echo = asked.rpcClient.createClient(Echo, { connection: consumer, codec, statusCodec: codecs[0] })
    const answer = await echo.echo({ at: new Timestamp(1), any: { x: [1] } })
    expectSame(
      `a call of ${where}`,
      { at: answer.at instanceof Timestamp && answer.at.seconds, any: answer.any },
      { at: 2, any: { x: [1] } },
    )
    for (const [method, code, message] of [
      ['fail', 'NOT_FOUND', 'not here'],
      ['crash', 'UNKNOWN', undefined],
    ]) {
      const error = await echo[method]({}).catch((error) => error)
      if (!(error instanceof RpcError)) problems.push(`the error of a call of ${where} is no RpcError`)
      if (error.codeName !== code || (message !== undefined && error.message !== message))
        problems.push(`${method} of ${where} ends with ${error}`)
    }
  }
  consumer.close()
  await served.done
}
