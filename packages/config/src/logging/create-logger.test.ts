import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { captureStderr } from '../../test/capture-stderr.ts'
import { AsterConfig } from '../aster-config.ts'
import { createLogger } from './create-logger.ts'

const pino = vi.hoisted(() => ({ loads: 0 }))
vi.mock('pino', async (original) => {
  pino.loads += 1
  return original()
})

let lines: () => string[]
beforeEach(() => void ({ lines } = captureStderr()))
afterEach(() => void vi.restoreAllMocks())

const loggerOf = (env: Record<string, string>, name = 'aster.test') => createLogger(AsterConfig.fromEnv(env), name)
const id = '8db97f5a5821f86e92964e3af53769a8b1c5830ad22347efe380b988cb1c176f'

it('loads pino with the first line that is written, and loses none before that', async () => {
  const logger = loggerOf({ ASTER_LOG_LEVEL: 'warning' })
  logger.debug({}, 'a')
  logger.info({}, 'b')
  expect(pino.loads).toBe(0)
  logger.warn({}, 'c')
  logger.error({}, 'd')
  expect(lines()).toEqual([])
  await expect.poll(lines).toHaveLength(2)
  expect(pino.loads).toBe(1)
  expect(lines().map((line) => line.replace(/^\S+ /, ''))).toEqual([
    'WARNING aster.test -- c',
    'ERROR   aster.test -- d',
  ])
  // From now on lines are written at once.
  logger.warn({}, 'e')
  expect(lines()).toHaveLength(3)
})

describe('ASTER_LOG_LEVEL', () => {
  it.each([
    ['debug', ['d', 'i', 'w', 'e']],
    ['info', ['i', 'w', 'e']],
    ['warning', ['w', 'e']],
    ['error', ['e']],
  ])('%s writes that and what is worse', (level, expected) => {
    const logger = loggerOf({ ASTER_LOG_LEVEL: level, ASTER_LOG_FORMAT: 'json' })
    logger.debug({}, 'd')
    logger.info({}, 'i')
    logger.warn({}, 'w')
    logger.error({}, 'e')
    expect(lines().map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(expected)
  })
})

describe('ASTER_LOG_FORMAT', () => {
  const fields = { peer: 'ab', count: 3, big: 12n, list: ['x y'], nothing: undefined }

  it('json writes an object on each line', () => {
    loggerOf({ ASTER_LOG_FORMAT: 'json' }).warn({ ...fields, err: new TypeError('no\nway') }, 'a message')
    expect(lines()).toHaveLength(1)
    expect(JSON.parse(lines()[0] ?? '')).toEqual({
      level: 'warning',
      peer: 'ab',
      count: 3,
      big: 12,
      list: ['x y'],
      ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown,
      logger: 'aster.test',
      msg: 'a message',
      err: {
        type: 'TypeError',
        message: 'no\nway',
        stack: expect.stringMatching(/^TypeError: no\nway\n +at /) as unknown,
      },
    })
  })

  it('text writes a line for people, and errors below it', () => {
    const cause = new Error('deeper')
    loggerOf({}).error({ ...fields, err: new Error('no\n2026 ERROR forged', { cause }) }, 'a\nmessage')
    const [first, ...rest] = lines()
    expect(first).toMatch(/^\S+Z ERROR {3}aster\.test -- a\uFFFDmessage \[peer=ab count=3 big=12 list=\["x y"\]\]$/)
    expect(rest[0]).toBe('    Error: no')
    expect(rest[1]).toBe('    2026 ERROR forged')
    expect(rest).toContain('    caused by: Error: deeper')
    for (const line of rest) expect(line).toMatch(/^ {4}/)
  })
})

describe('ASTER_LOG_MASK', () => {
  const fields = { peer: id, attributes: { token: 'abc' }, url: 'https://me:pw@relay.example/x' }

  it('true shortens ids, and masks what may be a secret', () => {
    loggerOf({ ASTER_LOG_FORMAT: 'json' }).info(fields, `the key of ${id} is password=hunter2`)
    expect(JSON.parse(lines()[0] ?? '')).toMatchObject({
      peer: '8db97f5a...176f',
      attributes: { token: '****' },
      url: 'https://****@relay.example/x',
      msg: 'the key of 8db97f5a...176f is password=****',
    })
  })

  it('false leaves ids as they are', () => {
    loggerOf({ ASTER_LOG_FORMAT: 'json', ASTER_LOG_MASK: 'false' }).info(fields, `the key of ${id}`)
    expect(JSON.parse(lines()[0] ?? '')).toMatchObject({
      peer: id,
      attributes: { token: '****' },
      msg: `the key of ${id}`,
    })
  })
})

it('never writes a secret of the configuration, whatever the settings', () => {
  const bytes = new Uint8Array(32).fill(0xfb)
  const key = Buffer.from(bytes)
  const secrets = [key.toString('base64'), key.toString('base64url'), key.toString('hex'), 'relay "token"', 'the iid']
  const env = {
    ASTER_SECRET_KEY: key.toString('base64'),
    ASTER_RELAY_TOKEN: 'relay "token"',
    ASTER_ENROLLMENT_CREDENTIAL_IID: 'the iid',
  }
  for (const mask of ['true', 'false']) {
    for (const format of ['text', 'json']) {
      const logger = loggerOf({ ...env, ASTER_LOG_MASK: mask, ASTER_LOG_FORMAT: format })
      const text = secrets.join(' ')
      const error = Object.assign(new Error(text, { cause: text }), { code: text, request: { headers: text } })
      logger.error({ err: error, text, deep: { list: [{ text }] }, bytes, key: { secretKey: text } }, text)
    }
  }
  const written = lines().join('\n')
  expect(lines().length).toBeGreaterThan(4)
  for (const secret of [...secrets.slice(0, 3), 'relay "token"', 'relay \\"token\\"', 'the iid', 'headers'])
    expect(written).not.toContain(secret)
})

it('cuts what is too long, and no secret in two', () => {
  const token = 'the token of the relay'
  const text = `${'x'.repeat(4_092)}${token}${'y'.repeat(1_000_000)}`
  const env = { ASTER_RELAY_TOKEN: token, ASTER_LOG_FORMAT: 'json' }
  loggerOf(env).error({ text, err: new Error(text) }, text)
  expect(lines()[0]?.length).toBeLessThan(25_000)
  expect(lines()[0]).toContain(`${'x'.repeat(4_092)}****…`)
})

it.each(['json', 'text'])('writes no control character and no bidi mark: %s', (format) => {
  const hostile = '\u0000\u001b[2J\u007f\u0085\u009b31m\u061c\u200f\u202e\u2066\u2028\ufeff\ud800'
  const err = new Error(hostile, { cause: new TypeError(hostile) })
  loggerOf({ ASTER_LOG_FORMAT: format }).warn({ [hostile]: hostile, list: [hostile], err }, hostile)
  const text = lines().join('\n')
  expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
  if (format === 'json') expect(JSON.parse(text)).toMatchObject({ msg: hostile, list: [hostile] })
})

it('keeps the lines of a stack behind a message that is too long', () => {
  const err = new Error('x'.repeat(8 << 20))
  loggerOf({ ASTER_LOG_FORMAT: 'json' }).error({ err }, 'a handler failed')
  expect(lines()[0]?.length).toBeLessThan(15_000)
  expect(lines()[0]).toContain('create-logger.test.ts')
})

it('writes whatever it is given', () => {
  const odd = {
    self: {} as object,
    bad: Number.NaN,
    date: new Date(0),
    when: () => {},
    symbol: Symbol('s'),
    none: null,
  }
  odd.self = odd
  const { proxy, revoke } = Proxy.revocable({}, {})
  const thrower = {
    get value(): never {
      throw new Error('no')
    },
  }
  loggerOf({ ASTER_LOG_FORMAT: 'json' }).info({ odd, thrower }, 'odd')
  revoke()
  expect(() => loggerOf({}).info({ proxy: { proxy } }, 'revoked')).not.toThrow()
  expect(JSON.parse(lines()[0] ?? '')).toMatchObject({
    odd: { bad: 'NaN', date: '1970-01-01T00:00:00.000Z', symbol: 'Symbol(s)', none: null },
    thrower: {},
  })
})
