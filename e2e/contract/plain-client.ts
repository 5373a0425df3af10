import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { CryptoKey, JWK } from 'jose'
import { randomToken } from '../../src/testing/random-token.ts'
import { hashBase64url } from '../../src/testing/hash.ts'
import type { ContractWorld } from './world.ts'

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export interface Key {
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly scope: string
  readonly sub: string
  readonly token_type: string
  readonly expires_in: number
}

export interface Answer<T = Record<string, unknown>> {
  readonly status: number
  readonly headers: Headers
  readonly json: T
}

/** What of a form is different; undefined takes a field away. */
export type Fields = Readonly<Record<string, string | undefined>>

export interface SendOptions {
  readonly headers?: Record<string, string>
  readonly method?: string
  readonly body?: string | URLSearchParams | undefined
  readonly accessToken?: string
  /** Sent as it is, in place of a new one; null: none. */
  readonly proof?: string | null
  readonly key?: Key
  /** Changes to the proof's header and payload; undefined takes a member away. */
  readonly proofHeader?: Record<string, unknown>
  readonly proofPayload?: Record<string, unknown>
  readonly signal?: AbortSignal
  /** Does what a client does on a nonce challenge. @default true */
  readonly retriesNonce?: boolean
}

export async function generateKey(kid?: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), ...(kid && { kid, alg: 'ES256' }) } }
}

export function thumbprintOf({ jwk }: Key): Promise<string> {
  return calculateJwkThumbprint(jwk)
}

/** Whoever decides at the consent page. */
interface Approver {
  approve(url: string): string | Promise<string>
}

/** The least that a client can be: it keeps a key and a nonce, and nothing else is done for it. */
export class PlainClient {
  readonly world: Pick<ContractWorld, 'fetch' | 'pds' | 'issuer' | 'now'>
  key: Key
  clientId = 'http://localhost?scope=atproto%20transition:generic'
  redirectUri = 'http://127.0.0.1:8080/'
  scope = 'atproto transition:generic'
  /** Signs client assertions: a confidential client. */
  clientKey: Key | undefined
  nonces = new Map<string, string>()
  /** Of the newest pushed request. */
  verifier = ''

  constructor(world: PlainClient['world'], key: Key) {
    this.world = world
    this.key = key
  }

  async send<T = Record<string, unknown>>(url: string, options: SendOptions = {}): Promise<Answer<T>> {
    const method = options.method ?? (options.body === undefined ? 'GET' : 'POST')
    const { origin } = new URL(url)
    const response = await this.world.fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        ...(options.accessToken && { authorization: `DPoP ${options.accessToken}` }),
        ...(options.proof !== null && { dpop: options.proof ?? (await this.prove(method, url, options)) }),
        ...options.headers,
      },
      ...(options.body !== undefined && { body: options.body }),
      ...(options.signal && { signal: options.signal }),
    })
    const nonce = response.headers.get('dpop-nonce')
    if (nonce) this.nonces.set(origin, nonce)
    const text = await response.text()
    // Not by the content type, which may be what is wrong. No body, or a page for people, says nothing to a client.
    const json = (text.startsWith('{') ? JSON.parse(text) : {}) as T & { error?: string }
    const isChallenge =
      json.error === 'use_dpop_nonce' && options.retriesNonce !== false && options.proof === undefined
    return isChallenge
      ? this.send(url, { ...options, retriesNonce: false })
      : { status: response.status, headers: response.headers, json }
  }

  async prove(method: string, url: string, options: SendOptions = {}): Promise<string> {
    const { origin, pathname } = new URL(url)
    const { privateKey, jwk } = options.key ?? this.key
    const payload = {
      jti: randomToken('jti'),
      htm: method,
      htu: origin + pathname,
      iat: Math.floor(this.world.now() / 1000),
      nonce: this.nonces.get(origin),
      ...(options.accessToken && { ath: await hashBase64url(options.accessToken) }),
      ...options.proofPayload,
    }
    const header = { typ: 'dpop+jwt', alg: 'ES256', jwk, ...options.proofHeader }
    return new SignJWT(payload).setProtectedHeader(header).sign(privateKey)
  }

  /** A client assertion, with changes to its claims and header. */
  async assert(
    key: Key,
    claims: Record<string, unknown> = {},
    headerChanges: Record<string, unknown> = {},
  ): Promise<string> {
    const iat = Math.floor(this.world.now() / 1000)
    const payload = {
      iss: this.clientId,
      sub: this.clientId,
      aud: this.world.issuer,
      jti: randomToken('jti'),
      iat,
      exp: iat + 60,
      ...claims,
    }
    const header = { alg: 'ES256', ...(key.jwk.kid && { kid: key.jwk.kid }), ...headerChanges }
    return new SignJWT(payload).setProtectedHeader(header).sign(key.privateKey)
  }

  async form(fields: Fields): Promise<URLSearchParams> {
    const form = new URLSearchParams({ client_id: this.clientId })
    if (this.clientKey) form.set('client_assertion_type', ASSERTION_TYPE)
    if (this.clientKey) form.set('client_assertion', await this.assert(this.clientKey))
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined) form.delete(name)
      else form.set(name, value)
    }
    return form
  }

  /** `fields` change the form, `options` the request. */
  async par(fields: Fields = {}, options: SendOptions = {}): Promise<Answer> {
    this.verifier = randomToken('verifier').padEnd(43, 'x')
    const body = await this.form({
      response_type: 'code',
      code_challenge: await hashBase64url(this.verifier),
      code_challenge_method: 'S256',
      state: 'the-state',
      redirect_uri: this.redirectUri,
      scope: this.scope,
      ...fields,
    })
    return this.send(`${this.world.issuer}/oauth/par`, { body, ...options })
  }

  async authorizationUrl(fields: Fields = {}): Promise<string> {
    const { json } = await this.par(fields)
    const query = new URLSearchParams({ client_id: this.clientId, request_uri: String(json.request_uri) })
    return `${this.world.issuer}/oauth/authorize?${query}`
  }

  async token(fields: Fields, options: SendOptions = {}): Promise<Answer<Tokens>> {
    return this.send<Tokens>(`${this.world.issuer}/oauth/token`, { body: await this.form(fields), ...options })
  }

  async exchange(callback: string, fields: Fields = {}, options: SendOptions = {}): Promise<Answer<Tokens>> {
    const code = new URL(callback).searchParams.get('code') ?? ''
    const given = { grant_type: 'authorization_code', code, redirect_uri: this.redirectUri }
    return this.token({ ...given, code_verifier: this.verifier, ...fields }, options)
  }

  async signIn(person: Approver): Promise<Tokens> {
    const callback = await person.approve(await this.authorizationUrl())
    return (await this.exchange(callback)).json
  }

  async refresh(tokens: Pick<Tokens, 'refresh_token'>, options: SendOptions = {}): Promise<Answer<Tokens>> {
    return this.token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token }, options)
  }

  async revoke(token: string, fields: Fields = {}, options: SendOptions = {}): Promise<Answer> {
    return this.send(`${this.world.issuer}/oauth/revoke`, {
      body: await this.form({ token, ...fields }),
      ...options,
    })
  }

  async call(tokens: Pick<Tokens, 'access_token'>, nsid: string, options: SendOptions = {}): Promise<Answer> {
    return this.send(`${this.world.pds}/xrpc/${nsid}`, { accessToken: tokens.access_token, ...options })
  }

  async getSession(tokens: Pick<Tokens, 'access_token'>, options: SendOptions = {}): Promise<Answer> {
    return this.call(tokens, 'com.atproto.server.getSession', options)
  }

  thumbprint(): Promise<string> {
    return thumbprintOf(this.key)
  }
}
