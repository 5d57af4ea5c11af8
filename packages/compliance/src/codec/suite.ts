import { type Codec, type Kind, RpcError, type StatusCode } from '@aster/rpc-core'
import { expect, it } from 'vitest'

/** Options of `codecCompliance`. */
export interface CodecComplianceOptions {
  /** Kinds of types that the format does not carry; random schemas do not contain them. @default none */
  readonly without?: readonly Kind[]
  /**
   * Titles of cases that the format cannot pass, each with the reason. If such a case passes nevertheless, the run fails.
   *
   * @default none
   */
  readonly except?: Readonly<Record<string, string>>
  /** Returns a codec that takes at most `maxValues` values in one message. @default the limit is not tested */
  readonly bounded?: (maxValues: number) => Codec
  /** The number of random cases of each property test. @default 300 */
  readonly runs?: number
}

/** The argument of each part of the suite. */
export interface CodecSuite {
  readonly make: () => Codec
  readonly options: CodecComplianceOptions
  readonly runs: number
  /** Registers a case, which must fail if `except` names it. */
  readonly test: (title: string, run: () => void) => void
}

/** Returns the argument of the parts of the suite. `end` registers the check that `except` names only titles that exist. */
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

/** Returns the `RpcError` that `run` throws. Fails the test if `run` returns or throws something else. */
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

/** Returns the value that `decode` returns for the bytes of `encode`. */
export function roundTrip<T>(codec: Codec, type: Parameters<Codec['encode']>[0], value: unknown): T {
  return codec.decode(type, codec.encode(type, value)) as T
}
