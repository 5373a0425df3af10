import { createHash, generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto'

/** As little of an OAuth client as gets a session: the network is not proved with the library that it is to prove. */
export class BareClient {
  readonly redirectUri: string
  readonly #server: string
  readonly #clientId: string
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  readonly #verifier: string = randomBytes(32).toString('base64url')
  #nonce: string | undefined

  constructor(server: string, redirectUri: string, clientId?: string) {
    this.#server = server
    this.redirectUri = redirectUri
    const query = new URLSearchParams({ redirect_uri: redirectUri, scope: 'atproto' })
    this.#clientId = clientId ?? `http://localhost?${query}`
  }

  /** Pushes an authorization request, and returns the address of the page to visit. */
  async authorize(loginHint?: string): Promise<string> {
    const answer = await this.post('/oauth/par', {
      response_type: 'code',
      redirect_uri: this.redirectUri,
      scope: 'atproto',
      code_challenge: createHash('sha256').update(this.#verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...(loginHint && { login_hint: loginHint }),
    })
    const { request_uri } = answer
    if (!request_uri) throw new Error(JSON.stringify(answer))
    return `${this.#server}/oauth/authorize?${new URLSearchParams({ client_id: this.#clientId, request_uri })}`
  }

  exchange(code: string): Promise<Record<string, string>> {
    return this.post('/oauth/token', {
      grant_type: 'authorization_code',
      redirect_uri: this.redirectUri,
      code,
      code_verifier: this.#verifier,
    })
  }

  /** Sends a form once, with the newest nonce, and returns what comes back, errors too. */
  async post(path: string, form: Record<string, string>): Promise<Record<string, string>> {
    const body = new URLSearchParams({ client_id: this.#clientId, ...form })
    return (await this.#send('POST', path, { body })).json()
  }

  async get(path: string, accessToken = ''): Promise<Record<string, string>> {
    const headers = { authorization: `DPoP ${accessToken}` }
    return (await this.#send('GET', path, { headers }, accessToken)).json()
  }

  async #send(method: string, path: string, init: RequestInit, accessToken?: string): Promise<Response> {
    const url = this.#server + path
    const headers = { ...init.headers, dpop: this.#prove(method, url, accessToken) }
    const response = await fetch(url, { ...init, method, headers })
    this.#nonce = response.headers.get('dpop-nonce') ?? this.#nonce
    return response
  }

  #prove(htm: string, htu: string, accessToken?: string): string {
    const jwk = this.#keys.publicKey.export({ format: 'jwk' })
    const claims = {
      htm,
      htu,
      jti: randomUUID(),
      iat: Math.floor(Date.now() / 1000),
      nonce: this.#nonce,
      ath: accessToken && createHash('sha256').update(accessToken).digest('base64url'),
    }
    const signed = [{ typ: 'dpop+jwt', alg: 'ES256', jwk }, claims].map(encode).join('.')
    const key = { key: this.#keys.privateKey, dsaEncoding: 'ieee-p1363' } as const
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
  }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
