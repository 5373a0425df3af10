import type { DpopSigner } from '../dpop/signer.ts'
import { calculateThumbprint } from '../dpop/thumbprint.ts'
import { readJson } from '../http/body.ts'
import { conceal } from '../syntax/conceal.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { challengeError } from '../http/challenge.ts'
import { type Random, randomText } from '../http/random.ts'
import { exchange, type RequestLimits } from '../http/exchange.ts'
import type { Transport } from '../http/transport.ts'
import { MAX_SERVER_ANSWER_BYTES } from './limits.ts'
import type { ClientAuth } from './client/client-auth.ts'
import type { ClientAuthentication } from './client/client-authentication.ts'
import { RetryReasons } from './retry-reasons.ts'

/** A client at one authorization server: what every request to it is signed with. */
export interface ServerClient {
  readonly transport: Transport
  readonly random: Random
  readonly authentication: ClientAuthentication
  /** What the session is pinned to. */
  readonly auth: ClientAuth
  readonly signer: DpopSigner
  readonly issuer: string
}

/** A form that is signed and ready to be sent. */
export interface SignedForm {
  readonly url: string
  readonly form: URLSearchParams
  readonly proof: string
  /** How far the server's clock was taken to be from ours, in ms. */
  readonly clockOffset: number
}

/** What an authorization server answered. */
export interface FormAnswer {
  readonly status: number
  /** The JSON object, or undefined where the body is something else. */
  readonly body: Readonly<Record<string, unknown>> | undefined
  /** The `error` of an OAuth error response (RFC 6749 §5.2) without any secret that the server may have repeated. */
  readonly error: string | undefined
  /** What the server said of it, likewise. */
  readonly description: string | undefined
  readonly response: Response
}

/**
 * Signs a form for one sending: with a fresh assertion and a fresh proof, never with an access token's hash.
 *
 * @see RFC 7523 §2.2, RFC 9449 §5
 */
export async function signForm(
  client: ServerClient,
  url: string,
  parameters: Readonly<Record<string, string | undefined>>,
  { signal }: Pick<RequestLimits, 'signal'> = {},
): Promise<SignedForm> {
  const { signer, issuer, random, authentication, auth } = client
  const { origin } = new URL(url)
  const now = signer.clocks.nowAt(origin)
  const clockOffset = signer.clocks.offsetOf(origin)
  const dpopJkt = await calculateThumbprint(signer.key.publicJwk)
  const facts = { audience: issuer, dpopJkt, id: randomText(random), now, signal }
  const form = new URLSearchParams(await authentication.parametersFor(auth, facts))
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) form.set(name, value)
  return { url, form, proof: await signer.proof({ method: 'POST', url }), clockOffset }
}

/** Sends a signed form once, and learns the nonce of the answer. */
export function sendForm(client: ServerClient, form: SignedForm, limits: RequestLimits): Promise<FormAnswer> {
  const { url, proof } = form
  // No other headers: a browser asks leave for each, and servers allow `Content-Type` and `DPoP`.
  const init = { method: 'POST', headers: { accept: 'application/json', dpop: proof }, body: form.form }
  return exchange(client.transport, { url, init }, limits, async (response) => {
    client.signer.nonces.learn(new URL(url).origin, response)
    const json = await readJson(response, MAX_SERVER_ANSWER_BYTES)
    const body = isJsonObject(json) ? json : undefined
    const challenged = challengeError(response.headers.get('www-authenticate'), 'dpop')
    const error = typeof body?.['error'] === 'string' ? body['error'] : challenged
    const description = body?.['error_description']
    return {
      status: response.status,
      body,
      error: error === undefined ? undefined : withoutSecrets(error, form),
      description: typeof description === 'string' ? withoutSecrets(description, form) : undefined,
      response,
    }
  })
}

const SECRETS = ['client_assertion', 'code', 'code_verifier', 'refresh_token', 'token', 'state']

/** A server may repeat in its error what it was sent. */
function withoutSecrets(text: string, { form, proof }: SignedForm): string {
  return conceal(text, [proof, ...SECRETS.flatMap((name) => form.getAll(name))])
}

/**
 * Signs and sends a form. Asked for a nonce, it signs anew and sends once more (RFC 9449 §8); and once more where the
 * server's clock turns out to be off, unless that is not safe.
 */
export async function postForm(
  client: ServerClient,
  url: string,
  parameters: Readonly<Record<string, string | undefined>>,
  limits: RequestLimits & { readonly mayLearnClock: boolean },
): Promise<FormAnswer> {
  const retryReasons = new RetryReasons(client, limits)
  for (;;) {
    const form = await signForm(client, url, parameters, limits)
    const answer = await sendForm(client, form, limits)
    if (!retryReasons.find(form, answer)) return answer
  }
}
