// Messages of all lengths arrive whole from a live Python producer while many calls run at once. In JSON, Python carries no bytes.
import { expect, it } from 'vitest'
import { Interop } from './services.ts'
import { patternBytes } from './values.ts'
import { withProducer } from './with-python.ts'

const python = withProducer()

/** The lengths of messages, in bytes. */
const LENGTHS = [1, 1_000, 5_000, 9_000, 40_000, 70_000, 150_000, 300_000]
const whole = patternBytes(300_000)

function expectWhole(data: Uint8Array, length: number): void {
  if (Buffer.compare(data, whole.subarray(0, length)) !== 0)
    expect.fail(`a message of ${length} bytes arrived with ${data.length} bytes, or with other ones`)
}

it('unary calls and streams carry messages of all lengths whole, in many calls at once', async () => {
  const interop = await python.client.client(Interop)
  let calls = 96
  async function callUntilEnd(): Promise<void> {
    for (let n = calls--; n > 0; n = calls--) {
      const length = LENGTHS[n % LENGTHS.length] ?? 1
      if (n % 3 > 0) expectWhole((await interop.blob({ data: whole.subarray(0, length) })).data, length)
      else for await (const { data } of interop.makeMany({ text: '4', count: length })) expectWhole(data, length)
    }
  }
  await Promise.all(Array.from({ length: 12 }, callUntilEnd))
})
