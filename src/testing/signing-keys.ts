/** The multicodec of a P-256 public key, as a varint. */
const P256 = [0x80, 0x24]
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' }

/** The field of P-256, and the constant of its equation y² = x³ - 3x + b (FIPS 186-4, D.1.2.3). */
const PRIME = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn

/** The key that an account's repository and service tokens are signed with: ES256, which WebCrypto knows everywhere. */
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

/** The public key of a `Multikey`. @throws Error where it is not one of P-256 */
export async function readPublicKey(multibase: string): Promise<CryptoKey> {
  const bytes = decodeBase58(multibase.slice(1))
  const [first, second, ...point] = bytes
  if (!multibase.startsWith('z') || first !== P256[0] || second !== P256[1] || point.length !== 33) {
    throw new Error(`expected a Multikey of P-256, found ${multibase}`)
  }
  return crypto.subtle.importKey('raw', decompress(point), ECDSA, true, ['verify'])
}

async function generateSigningKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(ECDSA, false, ['sign', 'verify'])
  const point = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey))
  return { privateKey, publicKeyMultibase: `z${encodeBase58([...P256, ...compress(point)])}` }
}

/** 0x04 X Y becomes 0x02 X or 0x03 X, by whether Y is even (SEC 1 §2.3.3). */
function compress(point: Uint8Array): Uint8Array {
  const isOdd = (point.at(-1) ?? 0) % 2 === 1
  return Uint8Array.of(isOdd ? 3 : 2, ...point.subarray(1, 33))
}

/** The way back (SEC 1 §2.3.4): not every runtime imports a compressed point. */
function decompress([sign, ...xBytes]: readonly number[]): Uint8Array<ArrayBuffer> {
  const x = toNumber(xBytes)
  const root = power((x ** 3n - 3n * x + B) % PRIME, (PRIME + 1n) / 4n)
  const y = root % 2n === BigInt(sign ?? 2) % 2n ? root : PRIME - root
  return Uint8Array.of(4, ...xBytes, ...toBytes(y).slice(-32))
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let square = base, rest = exponent; rest > 0n; square = (square * square) % PRIME, rest >>= 1n) {
    if (rest & 1n) result = (result * square) % PRIME
  }
  return result
}

/** Of bytes that do not begin with zero, as those of a key do not. */
function encodeBase58(bytes: readonly number[]): string {
  let text = ''
  for (let number = toNumber(bytes); number > 0n; number /= 58n) text = BASE58[Number(number % 58n)] + text
  return text
}

function decodeBase58(text: string): number[] {
  const number = [...text].reduce((sum, char) => sum * 58n + BigInt(Math.max(BASE58.indexOf(char), 0)), 0n)
  const bytes = toBytes(number)
  return bytes.slice(bytes.findIndex((byte) => byte !== 0))
}

function toNumber(bytes: readonly number[]): bigint {
  return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
}

/** 40 bytes, big-endian: enough for a key and its codec. */
function toBytes(number: bigint): number[] {
  return Array.from({ length: 40 }, (_, index) => Number((number >> BigInt(8 * (39 - index))) & 255n))
}
