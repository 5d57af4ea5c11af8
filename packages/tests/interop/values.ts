/** A value for every field of `Plain`, which is an edge value if the type of the field has one. */
export const fullPlain = {
  text: 'héllo ✓ 漢字 🎉',
  count: -42,
  ratio: 1.5,
  flag: true,
  maybeText: 'yes',
  maybeCount: 7,
  point: { x: 1, y: -2 },
  maybePoint: { x: 3, y: 4 },
  tags: ['a', '', 'ü'],
  numbers: [0, 1, -1, 2 ** 31, -(2 ** 40), Number.MAX_SAFE_INTEGER],
  points: [
    { x: 5, y: 6 },
    { x: 0, y: 0 },
  ],
  labels: { k: 'v', '': '' },
  scores: { one: 1 },
  places: { home: { x: 7, y: 8 } },
  byId: new Map([
    [1, 'x'],
    [-5, 'y'],
  ]),
  matrix: [[1, 2], [], [3]],
  groups: { g: ['a', 'b'] },
}

/** The same bytes as `pattern_bytes` of `services.py`: a 32-bit xorshift, which zstd cannot shrink much. */
export function patternBytes(length: number): Uint8Array {
  const out = new Uint8Array(Math.ceil(length / 4) * 4)
  const view = new DataView(out.buffer)
  let s = 0x9e3779b9
  for (let at = 0; at < length; at += 4) {
    s = (s ^ (s << 13)) >>> 0
    s = (s ^ (s >>> 17)) >>> 0
    s = (s ^ (s << 5)) >>> 0
    view.setUint32(at, s, true)
  }
  return out.subarray(0, length)
}
