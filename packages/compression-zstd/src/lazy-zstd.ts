import { type Compression, RpcError, StatusCode } from '@aster/rpc-core'
import { warnOnce } from '@aster/rpc-core/protocol'
import { errorMessage } from '@aster/rpc-core/schema'
import { expectLevel, type ZstdOptions, zstdWithEngine } from './create-zstd.ts'
import { readContentSize } from './frame.ts'
import { type Engine, nativeEngine, wasmEngine } from './engine.ts'

/**
 * Returns a `Compression` that loads zstd when it is first needed. If Node has zstd, nothing needs to be loaded. Otherwise
 * WebAssembly is loaded, which takes about 20 ms: until it is loaded, `compress` returns payloads unchanged, and `load()` has to be
 * awaited before `decompress`, as clients and servers do.
 *
 * If WebAssembly cannot be loaded, payloads stay uncompressed, one process warning (`ASTER_ZSTD`) reports it, and `load()`
 * rejects with an `RpcError` (`UNIMPLEMENTED`).
 *
 * @throws AsterError if the level is not an integer from 1 to 22
 */
export function lazyZstd(options: ZstdOptions = {}): Compression {
  const level = expectLevel('lazyZstd', options)
  const native = nativeEngine()
  return native === undefined ? lazyZstdWithEngine(wasmEngine, level) : zstdWithEngine(native, level)
}

/** Returns a `Compression` whose engine `loadEngine` loads when it is first needed. */
export function lazyZstdWithEngine(loadEngine: () => Promise<Engine>, level: number): Compression {
  let zstd: Compression | undefined
  let loading: Promise<void> | undefined
  const load = (): Promise<void> | undefined => {
    if (zstd !== undefined) return undefined
    loading ??= loadEngine().then(
      (engine) => void (zstd = zstdWithEngine(engine, level)),
      (cause: unknown) => {
        throw missingError(cause)
      },
    )
    return loading
  }
  return {
    load,
    compress(bytes) {
      if (zstd !== undefined) return zstd.compress(bytes)
      load()?.catch((error: unknown) =>
        warnOnce('ASTER_ZSTD', `messages are sent uncompressed: ${errorMessage(error)}`),
      )
      return bytes
    },
    contentSize: readContentSize,
    decompress(bytes, maxBytes) {
      if (zstd !== undefined) return zstd.decompress(bytes, maxBytes)
      throw new RpcError(StatusCode.FAILED_PRECONDITION, 'zstd is not loaded yet: await load() before decompress')
    },
  }
}

function missingError(cause: unknown): RpcError {
  return new RpcError(
    StatusCode.UNIMPLEMENTED,
    `zstd cannot be loaded here: ${errorMessage(cause).split('\n', 1)[0] ?? ''}. Deploy @foxglove/wasm-zstd as a file of its own (external to a bundle), or run Node 22.15 or later, which has zstd`,
    { cause },
  )
}
