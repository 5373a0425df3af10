import type { Storage, StorageEntry, StoredValue } from 'atproof'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const
const PDS = 'https://pds.example.com'
const HOUR = 3_600_000

/** As many stored sessions as anybody asks for, none of which is in memory before it is read. */
export class ManySessions implements Storage {
  readonly keepsCryptoKeys?: true
  /** How long the records that were read are as JSON, in characters. */
  textRead = 0
  readonly #jwk: JsonWebKey

  private constructor(jwk: JsonWebKey, { keepsCryptoKeys }: { readonly keepsCryptoKeys: boolean }) {
    this.#jwk = jwk
    if (keepsCryptoKeys) this.keepsCryptoKeys = true
  }

  static async create(kind: { readonly keepsCryptoKeys: boolean }): Promise<ManySessions> {
    const pair = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
    return new ManySessions(await crypto.subtle.exportKey('jwk', pair.privateKey), kind)
  }

  idOf(number: number): string {
    return `${didOf(number)}/${'session'.padEnd(43, '-')}`
  }

  async get(key: string): Promise<StorageEntry> {
    const number = Number(/\d{8}/.exec(key)?.[0])
    const text = JSON.stringify(this.#record(number))
    this.textRead += text.length
    const record = JSON.parse(text) as Record<string, StoredValue>
    const value = this.keepsCryptoKeys ? { ...record, dpopKey: await this.#cryptoKey() } : record
    return { value, version: `version ${number}`, age: 1 }
  }

  async put(): Promise<string | undefined> {
    return undefined
  }

  async delete(): Promise<boolean> {
    return false
  }

  async *list(): AsyncIterable<string> {}

  /** A key of its own for each, as a database that keeps keys hands out. */
  async #cryptoKey(): Promise<StoredValue> {
    const { x = '', y = '' } = this.#jwk
    const key = await crypto.subtle.importKey('jwk', this.#jwk, ALGORITHM, false, ['sign'])
    return { key, jwk: { kty: 'EC', crv: 'P-256', x, y } }
  }

  #record(number: number): StoredValue {
    const now = Date.now()
    const { x = '', y = '', d = '' } = this.#jwk
    return {
      schema: 1,
      sessionId: this.idOf(number),
      did: didOf(number),
      handle: `user-${number}.example.com`,
      issuer: PDS,
      tokenEndpoint: `${PDS}/oauth/token`,
      revocationEndpoint: `${PDS}/oauth/revoke`,
      pds: PDS,
      scope: 'atproto transition:generic',
      tokens: {
        accessToken: `access-${number}-`.padEnd(600, 'a'),
        refreshToken: `refresh-${number}-`.padEnd(48, 'r'),
        expiresAt: now + HOUR,
        lifetimeMs: HOUR,
      },
      dpopKey: { kty: 'EC', crv: 'P-256', x, y, d },
      clientAuth: { method: 'none', clientId: 'http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback' },
      gen: 1,
      checkedAt: now,
      status: 'active',
      createdAt: now,
      endsAt: now + HOUR,
      attempt: null,
    }
  }
}

function didOf(number: number): string {
  return `did:plc:${String(number).padStart(8, '0')}${'a'.repeat(16)}`
}
