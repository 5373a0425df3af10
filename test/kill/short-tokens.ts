import { decodeJwt } from 'jose'
import { isJsonObject } from '../../src/syntax/shape.ts'
import type { FakeNetwork } from '../../src/testing.ts'
import { bearerOf } from './token-paths.ts'

interface ShortToken {
  readonly original: string
  readonly did: string
  endsAt: number
}

/**
 * Access tokens of passwords live for two hours on this network, and nobody can end one. On their way they are given
 * lives as short as those of OAuth, and the server is spoken for where one is over: else nobody would need a refresh
 * while another one is open.
 */
export class ShortTokens {
  readonly #network: FakeNetwork
  readonly #tokens = new Map<string, ShortToken>()

  constructor(network: FakeNetwork) {
    this.#network = network
  }

  /** An answer as children are to see it. */
  shorten(answer: unknown): unknown {
    if (!isJsonObject(answer) || typeof answer['accessJwt'] !== 'string') return answer
    const original = answer['accessJwt']
    const { iat = 0, ...claims } = decodeJwt(original)
    const exp = iat + this.#network.tokenLifetimeSeconds
    const payload = Buffer.from(JSON.stringify({ ...claims, iat, exp })).toString('base64url')
    const accessJwt = original.replace(/\.[^.]*\./, `.${payload}.`)
    this.#tokens.set(accessJwt, { original, did: claims.sub ?? '', endsAt: exp * 1000 })
    return { ...answer, accessJwt }
  }

  /** Puts the network's own token into a request; gives the refusal of one that is over. */
  restore(headers: Headers): Response | undefined {
    const token = this.#tokens.get(bearerOf(headers))
    if (!token) return undefined
    headers.set('authorization', `Bearer ${token.original}`)
    if (token.endsAt > this.#network.clock.now()) return undefined
    return Response.json({ error: 'ExpiredToken', message: 'Token has expired' }, { status: 400 })
  }

  /** The server takes none of an account's access tokens any more. */
  expire(did: string): void {
    for (const token of this.#tokens.values()) if (token.did === did) token.endsAt = 0
  }
}
