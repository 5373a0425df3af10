import { withBody } from '../http/request-body.ts'
import { assertSecure } from '../http/secure-url.ts'
import { fetchOnce, type Transport } from '../http/transport.ts'
import { refusalOf } from './refusal.ts'
import type { DpopSigner } from './signer.ts'
import type { RequestBody } from '../syntax/platform.ts'

/** A request for a PDS, as it is before it carries a token and a proof. */
export interface ResourceRequest {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  /** Makes the body, once for each sending. */
  readonly body: (() => RequestBody | Promise<RequestBody>) | undefined
  /** Whether `body` can be called more than once. */
  readonly isRepeatable: boolean
}

/** An answer, and why the server refused the request where it did. */
export interface Answer {
  readonly response: Response
  readonly refusal: string | undefined
}

/** What a request met that changes nothing for its caller. */
export type Encounter = 'nonce_retried' | 'nonce_missing' | 'clock_offset_learned'

/** With what a request is sent. */
export interface DpopFetchOptions {
  readonly accessToken: string
  readonly signal: AbortSignal
  /** Told what the request met at its origin. */
  readonly onEncounter?: ((encounter: Encounter, origin: string) => void) | undefined
}

/**
 * Sends a request with a token and a proof. Asked for a nonce, or shown that the clocks disagree, it signs anew and
 * sends once more; anything else is the caller's to judge.
 *
 * @see RFC 9449 §7.1, §9
 */
export async function dpopFetch(
  transport: Transport,
  signer: DpopSigner,
  request: ResourceRequest,
  { accessToken, signal, onEncounter }: DpopFetchOptions,
): Promise<Answer> {
  const url = new URL(request.url)
  assertSecure(transport, url)
  const { origin } = url
  const { isolatesRequests } = transport
  const turn = { mayLead: request.isRepeatable, isolatesRequests }
  const comeBack = await signer.nonces.takeTurn(origin, signal, turn)
  let signedWith = signer.clocks.offsetOf(origin)
  let answer = await send().finally(comeBack)
  if (!request.isRepeatable) return answer
  let mayWantNonce = true
  let mayLearnClock = true
  for (;;) {
    const wantsNonce: boolean = mayWantNonce && answer.refusal === 'use_dpop_nonce'
    if (wantsNonce) mayWantNonce = false
    else if (mayLearnClock && learnsClock(answer)) mayLearnClock = false
    else break
    onEncounter?.(wantsNonce ? 'nonce_retried' : 'clock_offset_learned', origin)
    answer.response.body?.cancel().catch(() => {}) // nobody reads the refusal
    answer = await send()
  }
  if (!mayLearnClock && answer.refusal === 'invalid_dpop_proof') signer.clocks.forget(origin)
  return answer

  function learnsClock({ refusal, response }: Answer): boolean {
    return refusal === 'invalid_dpop_proof' && signer.clocks.learn(origin, response, signedWith)
  }

  async function send(): Promise<Answer> {
    // Made before the proof, which is fresh for a while only.
    const body = await request.body?.()
    signedWith = signer.clocks.offsetOf(origin)
    const proof = await signer.proof({ method: request.method, url, accessToken })
    const headers = new Headers(request.headers)
    headers.set('authorization', `DPoP ${accessToken}`)
    headers.set('dpop', proof)
    const init = withBody({ method: request.method, headers, signal }, body)
    const response = await fetchOnce(transport, request.url, init)
    // What a proxy says for its server has none; a success must.
    if (!signer.nonces.learn(origin, response) && response.ok) onEncounter?.('nonce_missing', origin)
    return { response, refusal: await refusalOf(response) }
  }
}
