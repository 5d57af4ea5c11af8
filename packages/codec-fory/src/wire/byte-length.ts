// oxlint-disable-next-line typescript/unbound-method -- it is called on the arrays that are measured
const read = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'byteLength')?.get as (
  this: Uint8Array,
) => number

/** Returns how many bytes an array has, even if its class overrides the property. */
export function byteLength(bytes: Uint8Array): number {
  return read.call(bytes)
}
