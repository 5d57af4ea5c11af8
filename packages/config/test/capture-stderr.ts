import fs from 'node:fs'
import { vi } from 'vitest'

/** Keeps what is written to stderr by its descriptor, as pino does, until `vi.restoreAllMocks()`. */
export function captureStderr(): { readonly lines: () => string[] } {
  let text = ''
  const write = fs.writeSync
  vi.spyOn(fs, 'writeSync').mockImplementation(((fd: number, data: string | Uint8Array, ...rest: never[]) => {
    if (fd !== 2) return write(fd, data as string, ...rest)
    text += typeof data === 'string' ? data : new TextDecoder().decode(data)
    return Buffer.byteLength(data)
  }) as typeof fs.writeSync)
  return { lines: () => text.split('\n').slice(0, -1) }
}
