/** The multicodec of a P-256 public key, as a varint. */
const P256 = [0x80, 0x24]
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** The key that an account's repository and service tokens are signed with. */
export interface SigningKey {
  readonly privateKey: CryptoKey
  /** As the DID document shows it, in the form of a `Multikey`. */
  readonly publicKeyMultibase: string
}

/** One signing key an account, made when it is first asked for. */
export class SigningKeys {
  readonly #keys = new Map<string, Promise<SigningKey>>()

  of(did: string): Promise<SigningKey> {
    const key = this.#keys.get(did) ?? generateSigningKey()
    this.#keys.set(did, key)
    return key
  }
}

async function generateSigningKey(): Promise<SigningKey> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])
  const point = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey))
  return { privateKey, publicKeyMultibase: `z${encodeBase58([...P256, ...compress(point)])}` }
}

/** 0x04 X Y becomes 0x02 X or 0x03 X, by whether Y is even (SEC 1 §2.3.3). */
function compress(point: Uint8Array): Uint8Array {
  const isOdd = (point.at(-1) ?? 0) % 2 === 1
  return Uint8Array.of(isOdd ? 3 : 2, ...point.subarray(1, 33))
}

/** Of bytes that do not begin with zero, as those of a key do not. */
function encodeBase58(bytes: readonly number[]): string {
  let number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
  let text = ''
  while (number > 0n) {
    text = BASE58[Number(number % 58n)] + text
    number /= 58n
  }
  return text
}
