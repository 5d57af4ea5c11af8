// The dynamic client of AsterClient against the Python producer.
import { StatusCode } from '@aster/client'
import { collect } from '@aster/test-services'
import { describe, expect, it } from 'vitest'
import { failure, withProducer } from './with-python.ts'

const python = withProducer()

describe('a shared service of Python, without a definition', () => {
  it('can be called in every pattern', async () => {
    const interop = python.client.dynamic('Interop')
    expect(await interop.call('say', { text: 'ada', count: 3 })).toEqual({ text: 'hello ada', count: 3 })
    expect(await interop.call('say', {})).toEqual({ text: 'hello ', count: 0 })
    const counted = await collect(interop.serverStream('count_up', { text: 'n', count: 3 }))
    expect(counted).toHaveLength(3)
    expect(await interop.clientStream('add_up', [{ count: 1 }, { count: 2 }])).toMatchObject({ count: 3 })
    await using chat = interop.bidiStream('chat')
    await chat.send({ text: 'a', count: 1 })
    expect(await chat.recv()).toMatchObject({ text: expect.stringContaining('a') })
    chat.finish()
    expect(await chat.recv()).toBeUndefined()
  })

  it('returns fields by their wire names, and integers of any size', async () => {
    const plain = await python.client.dynamic('Interop').call<Record<string, unknown>>('plain', {
      maybe_text: 'x',
      count: 2n ** 70n,
      by_id: { 1: 'one' },
      point: { x: 1, y: -2 },
    })
    expect(plain).toMatchObject({
      maybe_text: 'x',
      count: 2n ** 70n,
      by_id: { 1: 'one' },
      point: { x: 1, y: -2 },
      tags: [],
    })
  })

  it('is found in other versions', async () => {
    expect(await python.client.dynamic('Later').call('say', { text: 'x', count: 1 })).toEqual({
      text: 'later x',
      count: 3,
    })
    expect(() => python.client.dynamic('Later', { version: 1 })).toThrow("service 'Later' v1 not offered")
  })

  it('delivers its errors, which are in Fory', async () => {
    const interop = python.client.dynamic('Interop')
    expect(await failure(interop.call('nothing', {}))).toMatchObject({ code: StatusCode.UNIMPLEMENTED })
    expect(await failure(interop.call('say', { wrong: 1 }))).toMatchObject({ code: StatusCode.CONTRACT_VIOLATION })
    expect(await failure(interop.call('fail', { text: 'no', count: StatusCode.ABORTED }))).toMatchObject({
      code: StatusCode.ABORTED,
    })
    expect(await failure(interop.call('sleep', { count: 5_000 }, { timeoutMs: 100 }))).toMatchObject({
      code: StatusCode.DEADLINE_EXCEEDED,
    })
    expect(await interop.call('say', { text: 'on' })).toMatchObject({ text: 'hello on' })
  })
})

describe('a session service of Python, without a definition', () => {
  it('keeps its state in every pattern', async () => {
    await using session = await python.client.dynamicSession('Counter')
    expect(await session.call('add', { count: 2 })).toEqual({ text: 'total', count: 2 })
    expect(await collect(session.stream('history', { count: 2 }))).toHaveLength(2)
    expect(await session.clientStream('add_all', [{ count: 1 }, { count: 2 }])).toMatchObject({
      count: expect.any(Number),
    })
    const chat = session.bidiStream('chat')
    await chat.send({ text: 'q', count: 1 })
    expect(await chat.recv()).toMatchObject({ text: 'q' })
    chat.finish()
    expect(await chat.recv()).toBeUndefined()
  })

  it('goes on after cancelled calls', async () => {
    await using session = await python.client.dynamicSession('Counter')
    expect(await session.call('add', { count: 1 })).toMatchObject({ count: 1 })
    const chat = session.bidiStream('chat')
    await chat.send({ text: 'q', count: 1 })
    await chat.recv()
    chat.cancel()
    expect(await failure(session.call('sleep', { count: 5_000 }, { timeoutMs: 100 }))).toMatchObject({
      code: StatusCode.DEADLINE_EXCEEDED,
    })
    expect(await session.call('add', { count: 1 })).toMatchObject({ text: 'total' })
  })

  it('is over after an unknown method', async () => {
    await using session = await python.client.dynamicSession('Counter')
    expect(await failure(session.call('nothing', {}))).toMatchObject({ code: StatusCode.UNIMPLEMENTED })
    expect(await failure(session.call('add', {}))).toMatchObject({ code: StatusCode.UNAVAILABLE })
  })
})
