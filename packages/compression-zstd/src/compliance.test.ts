import { compressionCompliance } from '@aster/compliance'
import { createZstd, zstdWithEngine } from './create-zstd.ts'
import { nativeEngine, wasmEngine } from './engine.ts'

compressionCompliance('the engine of this Node', () => createZstd())
compressionCompliance('WebAssembly', async () => zstdWithEngine(await wasmEngine(), 3))
const native = nativeEngine()
if (native !== undefined) compressionCompliance('node:zlib', () => zstdWithEngine(native, 19))
