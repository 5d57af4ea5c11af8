import { compressionCompliance } from '@aster/compliance'
import { createZstd, zstdOver } from './create-zstd.ts'
import { nativeEngine, wasmEngine } from './engine.ts'

compressionCompliance('the engine of this Node', () => createZstd())
compressionCompliance('WebAssembly', async () => zstdOver(await wasmEngine(), 3))
const native = nativeEngine()
if (native !== undefined) compressionCompliance('node:zlib', () => zstdOver(native, 19))
