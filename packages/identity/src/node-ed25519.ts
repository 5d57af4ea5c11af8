import { base64urlnopad } from '@scure/base'

/** The used part of `node:crypto`, declared here because this package loads no types of Node. */
interface NodeCrypto {
  createPrivateKey(options: { key: object; format: 'jwk' }): object
  createPublicKey(options: { key: object; format: 'jwk' }): object
  sign(algorithm: null, bytes: Uint8Array, key: object): Uint8Array
  verify(algorithm: null, bytes: Uint8Array, key: object, signature: Uint8Array): boolean
}

interface NodeProcess {
  getBuiltinModule?: (name: 'node:crypto') => NodeCrypto | undefined
}

const process: NodeProcess | undefined = Reflect.get(globalThis, 'process')
const crypto = process?.getBuiltinModule?.('node:crypto')

const jwk = (publicKey: Uint8Array) => ({ kty: 'OKP', crv: 'Ed25519', x: base64urlnopad.encode(publicKey) })

/** Signs and verifies by `node:crypto`, about 15 times as fast and with the same bytes. `undefined` outside of Node. */
export const nodeEd25519 = crypto && {
  sign(secretKey: Uint8Array, publicKey: Uint8Array, bytes: Uint8Array): Uint8Array {
    const key = { ...jwk(publicKey), d: base64urlnopad.encode(secretKey) }
    return new Uint8Array(crypto.sign(null, bytes, crypto.createPrivateKey({ key, format: 'jwk' })))
  },
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
    return crypto.verify(null, bytes, crypto.createPublicKey({ key: jwk(publicKey), format: 'jwk' }), signature)
  },
}
