import { withBody } from '../http/request-body.ts'
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
  const { nonces, clocks } = signer
  const { isolatesRequests } = transport
  const { method, isRepeatable } = request
  const url = new URL(request.url)
  transport.guard(url)
  const { origin } = url
  let signedWith = 0
  let answer = await nonces.inTurn(origin, signal, { mayLead: isRepeatable, isolatesRequests }, send)
  const tried = new Set<string>()
  while (isRepeatable) {
    const { response, refusal = '' } = answer
    const isAboutTime = refusal === 'invalid_dpop_proof'
    if (tried.has(refusal)) {
      // Learned, and refused again for the same reason: the clock was not it.
      if (isAboutTime) clocks.forget(origin)
      break
    }
    const helps = isAboutTime ? clocks.learn(origin, response, signedWith) : refusal === 'use_dpop_nonce'
    if (!helps) break
    tried.add(refusal)
    onEncounter?.(isAboutTime ? 'clock_offset_learned' : 'nonce_retried', origin)
    response.body?.cancel().catch(() => {}) // nobody reads the refusal
    answer = await send()
  }
  return answer

  async function send(): Promise<Answer> {
    // Made before the proof, which is fresh for a while only.
    const body = await request.body?.()
    signedWith = clocks.offsetOf(origin)
    const proof = await signer.proof({ method, url, accessToken })
    const headers = new Headers(request.headers)
    headers.set('authorization', `DPoP ${accessToken}`)
    headers.set('dpop', proof)
    const init = withBody({ method, headers, signal }, body)
    const response = await fetchOnce(transport, request.url, init)
    // What a proxy says for its server has none; a success must.
    if (!nonces.learn(origin, response) && response.ok) onEncounter?.('nonce_missing', origin)
    return { response, refusal: await refusalOf(response) }
  }
}
