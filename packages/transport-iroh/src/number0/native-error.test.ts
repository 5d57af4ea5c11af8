import { AsterError } from '@aster/rpc-core'
import { closeError } from '@aster/rpc-core/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bindError, closeInfoOf, connectError, streamError } from './native-error.ts'

// Messages of @number0/iroh 1.1.0 (iroh 1.0.2), observed or derived from the enums behind them.
const REFUSED = 'ApplicationClosed(ApplicationClose { error_code: 403, reason: b"not admitted" })'
const STOPPING = 'ApplicationClosed(ApplicationClose { error_code: 0, reason: b"" })'
const ODD = String.raw`ApplicationClosed(ApplicationClose { error_code: 7, reason: b"\"q\" \\ \n \xc3\xbc\x01 \'" })`
const ABORTED = 'ConnectionClosed(ConnectionClose { error_code: PROTOCOL_VIOLATION, frame_type: None, reason: b"" })'

const BACKTRACE = '\n\nStack backtrace:\n   0: <anyhow::Error>::msg::<alloc::string::String>\n   1: Reset(99)'

describe('an error of a stream or a connection', () => {
  it.each([
    ['Reset(7)', 'reset', 7, 'the peer reset the stream with code 7'],
    ['Stopped(0)', 'stopped', 0, 'the peer stopped reading with code 0'],
    ['Stopped(4294967301)', 'stopped', 4_294_967_301, 'the peer stopped reading with code 4294967301'],
    [`ConnectionLost(${REFUSED})`, 'closed', 403, 'the peer closed the connection with code 403: not admitted'],
    [REFUSED, 'closed', 403, 'the peer closed the connection with code 403: not admitted'],
    [`ConnectionLost(${STOPPING})`, 'closed', 0, 'the peer closed the connection with code 0'],
    [STOPPING, 'closed', 0, 'the peer closed the connection with code 0'],
    [ODD, 'closed', 7, 'the peer closed the connection with code 7: "q" \\ \uFFFD ü\uFFFD \''],
    ['ConnectionLost(LocallyClosed)', 'closed', 5, 'this side closed the connection with code 5: enough'],
    ['LocallyClosed', 'closed', 5, 'this side closed the connection with code 5: enough'],
    [
      'ConnectionLost(TimedOut)',
      'lost',
      undefined,
      'the connection is lost: nothing was received from the peer for 30 s',
    ],
    ['TimedOut', 'lost', undefined, 'the connection is lost: nothing was received from the peer for 30 s'],
    ['ConnectionLost(Reset)', 'lost', undefined, 'the connection is lost: Reset'],
    ['Reset', 'lost', undefined, 'the connection is lost: Reset'],
    ['ConnectionLost(VersionMismatch)', 'lost', undefined, 'the connection is lost: VersionMismatch'],
    [`ConnectionLost(${ABORTED})`, 'lost', undefined, `the connection is lost: ${ABORTED}`],
    ['CidsExhausted', 'lost', undefined, 'the connection is lost: CidsExhausted'],
    ['ClosedStream', 'misuse', undefined, 'the stream has ended here'],
    ['ClosedStream { _private: () }', 'misuse', undefined, 'the stream has ended here'],
    ['something new', 'lost', undefined, 'the connection is lost: something new'],
  ])('%s', (text, kind, code, message) => {
    for (const backtrace of ['', BACKTRACE]) {
      const error = streamError(new Error(text + backtrace), { by: 'local', code: 5, reason: 'enough' })
      expect({ kind: error.kind, code: error.code, message: error.message }).toEqual({ kind, code, message })
    }
  })

  it('treats a local close without a request as one with code 0', () => {
    expect(streamError(new Error('LocallyClosed'))).toMatchObject({ kind: 'closed', code: 0 })
  })

  it('is a TransportError for any message', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((reason) => ODD.replace('\\n', reason)),
        ),
        (text) => {
          expect(streamError(new Error(text)).name).toBe('TransportError')
          expect(streamError(text).name).toBe('TransportError')
        },
      ),
    )
  })
})

describe('the string of `closed()`', () => {
  it.each([
    ['closed', { by: 'local', code: 0, reason: '' }],
    ['closed by peer: 0', { by: 'peer', code: 0, reason: '' }],
    ['closed by peer: 403', { by: 'peer', code: 403, reason: '' }],
    ['closed by peer: not admitted (code 403)', { by: 'peer', code: 403, reason: 'not admitted' }],
    ['closed by peer: two\nlines (code 1) (code 2)', { by: 'peer', code: 2, reason: 'two\nlines (code 1)' }],
    ['timed out', { by: 'network', reason: 'nothing was received from the peer for 30 s' }],
    ['reset by peer', { by: 'network', reason: 'reset by peer' }],
  ])('%s', (text, info) => {
    expect(closeInfoOf(text)).toEqual(info)
  })
})

describe('an error of a dial', () => {
  const NAME = 'cannot reach abc: '
  it.each([
    [
      "aborted by peer: the cryptographic handshake failed: error 120: peer doesn't support any known protocol",
      'unreachable',
      `${NAME}it does not speak "aster/1"`,
    ],
    [
      'the cryptographic handshake failed: error 48: invalid peer certificate: UnknownIssuer',
      'unreachable',
      `${NAME}another peer answers at its addresses; is the endpoint id right?`,
    ],
    ['timed out', 'unreachable', `${NAME}no peer answered within 30 s`],
    ['Connecting to ourself is not supported', 'unreachable', `${NAME}the address is that of this endpoint`],
    [
      'No addressing information available\nCaused by:\n    No address lookup configured',
      'unreachable',
      `${NAME}neither an address nor a relay is known for it`,
    ],
    ['closed', 'closed', 'this side closed the transport'],
    ['Endpoint is closed', 'closed', 'this side closed the transport'],
    ['closed by peer: not admitted (code 403)', 'closed', 'the peer closed the connection with code 403: not admitted'],
    ['something new', 'unreachable', `${NAME}something new`],
  ])('%s', (text, kind, message) => {
    const withPlaces =
      'ConnectError::Connecting (/cargo/iroh-1.0.2/src/endpoint.rs:1060:20)\nCaused by:\n' +
      text
        .replaceAll(/^(?!Caused)/gm, '    ')
        .replaceAll(/$(?<!Caused by:)/gm, ' (/cargo/iroh-1.0.2/src/endpoint.rs:1:26)')
    for (const full of [text, withPlaces, withPlaces + BACKTRACE]) {
      const error = connectError(new Error(full), 'abc', 'aster/1')
      expect({ kind: error.kind, message: error.message }).toEqual({ kind, message })
    }
  })
})

describe('other errors', () => {
  it('say why the socket could not be bound', () => {
    const text = `Failed to bind sockets (/cargo/src/socket.rs:946:24)\nCaused by:\n    Address already in use (os error 98)`
    const error = bindError(new Error(text + BACKTRACE), '127.0.0.1:1')
    expect(error).toBeInstanceOf(AsterError)
    expect(error.message).toBe('cannot bind the endpoint to 127.0.0.1:1: Address already in use (os error 98)')
    expect(bindError(new Error(text), undefined).message).toMatch(/^cannot bind the endpoint: Address/)
  })

  it('say how a connection ended', () => {
    expect(closeError({ by: 'network', reason: 'why' }).message).toBe('the connection is lost: why')
  })
})
