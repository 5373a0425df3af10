import { assertAllowed, fetchOnce, type Transport } from '../http/transport.ts'
import { refusalOf } from './refusal.ts'
import type { DpopSigner } from './signer.ts'

/** A request for a PDS, as it is before it carries a token and a proof. */
export interface ResourceRequest {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  /** Makes the body, once for each sending. */
  readonly body: (() => BodyInit) | undefined
  /** Whether `body` can be called more than once. */
  readonly isRepeatable: boolean
}

/** An answer, and why the server refused the request where it did. */
export interface Answer {
  readonly response: Response
  readonly refusal: string | undefined
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
  { accessToken, signal }: { readonly accessToken: string; readonly signal: AbortSignal },
): Promise<Answer> {
  assertAllowed(transport, request.url)
  const { origin } = new URL(request.url)
  const mayLead = request.isRepeatable
  const comeBack = await signer.nonces.takeTurn(origin, signal, { mayLead })
  const first = await send().finally(comeBack)
  if (!request.isRepeatable) return first
  if (first.refusal === 'use_dpop_nonce') return sendAgain()
  if (first.refusal !== 'invalid_dpop_proof' || !signer.clocks.learn(origin, first.response)) return first
  const second = await sendAgain()
  if (second.refusal === 'invalid_dpop_proof') signer.clocks.forget(origin)
  return second

  function sendAgain(): Promise<Answer> {
    first.response.body?.cancel().catch(() => {}) // nobody reads the refusal
    return send()
  }

  async function send(): Promise<Answer> {
    const proof = await signer.proof({ method: request.method, url: request.url, accessToken })
    const headers = new Headers(request.headers)
    headers.set('authorization', `DPoP ${accessToken}`)
    headers.set('dpop', proof)
    const body = request.body?.() ?? null
    // `duplex` is required by Node for a stream, and ignored elsewhere.
    const init: RequestInit & { duplex?: 'half' } = { method: request.method, headers, body, signal }
    if (body instanceof ReadableStream) init.duplex = 'half'
    const response = await fetchOnce(transport, request.url, init)
    signer.nonces.learn(origin, response)
    return { response, refusal: await refusalOf(response) }
  }
}
