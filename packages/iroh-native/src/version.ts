/** Of this package, and of the binary that it takes. Written by scripts/check-native.mjs. */
export const VERSION = '0.1.0'
