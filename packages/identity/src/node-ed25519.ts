/** The used part of `node:crypto`, declared here because this package loads no types of Node. */
interface NodeCrypto {
  createPrivateKey(options: { key: Uint8Array; format: 'der'; type: 'pkcs8' }): object
  createPublicKey(key: object): NodePublicKey
  sign(algorithm: null, bytes: Uint8Array, key: object): Uint8Array
  verify(algorithm: null, bytes: Uint8Array, key: NodePublicKey, signature: Uint8Array): boolean
}

interface NodePublicKey {
  export(options: { format: 'der'; type: 'spki' }): Uint8Array
}

interface NodeProcess {
  getBuiltinModule?: (name: 'node:crypto') => NodeCrypto | undefined
}

const process: NodeProcess | undefined = Reflect.get(globalThis, 'process')
const crypto = process?.getBuiltinModule?.('node:crypto')

/** The beginnings of the two encodings of RFC 8410. The 32 bytes of the key follow. */
const PKCS8 = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]
const SPKI = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0]

/**
 * Signs, verifies and derives public keys by `node:crypto`, about 15 times as fast and with the same bytes. `undefined`
 * outside of Node.
 */
export const nodeEd25519 = crypto && {
  publicKeyOf(secretKey: Uint8Array): Uint8Array {
    const spki = crypto.createPublicKey(privateKey(crypto, secretKey)).export({ format: 'der', type: 'spki' })
    return Uint8Array.from(spki.subarray(SPKI.length))
  },
  sign(secretKey: Uint8Array, bytes: Uint8Array): Uint8Array {
    return new Uint8Array(crypto.sign(null, bytes, privateKey(crypto, secretKey)))
  },
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
    const key = Uint8Array.of(...SPKI, ...publicKey)
    return crypto.verify(null, bytes, crypto.createPublicKey({ key, format: 'der', type: 'spki' }), signature)
  },
}

function privateKey(node: NodeCrypto, secretKey: Uint8Array): object {
  return node.createPrivateKey({ key: Uint8Array.of(...PKCS8, ...secretKey), format: 'der', type: 'pkcs8' })
}
