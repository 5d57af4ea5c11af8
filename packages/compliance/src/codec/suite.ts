import { type Codec, type Kind, RpcError, type StatusCode } from '@aster/rpc-core'
import { expect, it } from 'vitest'

export interface CodecComplianceOptions {
  /** Kinds of types that the format does not carry: random schemas go without them. @default none */
  readonly without?: readonly Kind[]
  /** Titles of cases that the format cannot pass, each with the reason. One that passes all the same fails the run. */
  readonly except?: Readonly<Record<string, string>>
  /** Makes a codec that takes at most so many values in one message. @default the bound is not tested */
  readonly bounded?: (maxValues: number) => Codec
  /** How many random cases each property test looks at. @default 300 */
  readonly runs?: number
}

/** What each part of the suite is given. */
export interface CodecSuite {
  readonly make: () => Codec
  readonly options: CodecComplianceOptions
  readonly runs: number
  /** A case of the suite, or one that must fail where `except` names it. */
  readonly test: (title: string, run: () => void) => void
}

export function createSuite(make: () => Codec, options: CodecComplianceOptions): CodecSuite & { end: () => void } {
  const open = new Map(Object.entries(options.except ?? {}))
  return {
    make,
    options,
    runs: options.runs ?? 300,
    test(title, run) {
      const reason = open.get(title)
      open.delete(title)
      if (reason === undefined) it(title, run)
      else it.fails(`${title} (cannot: ${reason})`, run)
    },
    end() {
      it('has a case for each title in `except`', () => expect([...open.keys()]).toEqual([]))
    },
  }
}

/** The `RpcError` that `run` throws; anything else that it does fails the test. */
export function expectRpcError(run: () => unknown, ...codes: readonly StatusCode[]): RpcError {
  let found: unknown
  try {
    found = run()
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    if (codes.length > 0) expect(codes, error.message).toContain(error.code)
    return error
  }
  expect.fail(`expected an RpcError, found a value of type ${typeof found}`)
}

/** What comes back when a value goes over the wire. */
export function roundTrip<T>(codec: Codec, type: Parameters<Codec['encode']>[0], value: unknown): T {
  return codec.decode(type, codec.encode(type, value)) as T
}
