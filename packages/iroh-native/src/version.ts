/** The version of this package, and of the binary that it accepts. Written by scripts/check-native.mjs. */
export const VERSION = '0.1.0'
