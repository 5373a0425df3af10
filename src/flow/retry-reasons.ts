import type { Encounter } from '../dpop/dpop-fetch.ts'
import type { FormAnswer, ServerClient, SignedForm } from './signed-form.ts'

/** Why signed forms may be signed anew: once for a nonce, and once for a clock that is off. Either time they were not acted on. */
export class RetryReasons {
  readonly #client: ServerClient
  #mayWantNonce = true
  #mayLearnClock: boolean
  #hasLearned = false

  /** @param mayLearnClock whether another signature is safe where the clock is off */
  constructor(client: ServerClient, { mayLearnClock }: { readonly mayLearnClock: boolean }) {
    this.#client = client
    this.#mayLearnClock = mayLearnClock
  }

  /** The reason to sign anew after an answer, where there is one. */
  find(form: SignedForm, answer: FormAnswer): Exclude<Encounter, 'nonce_missing'> | undefined {
    const { clocks } = this.#client.signer
    const { origin } = new URL(form.url)
    if (this.#mayWantNonce && asksForNonce(answer)) {
      this.#mayWantNonce = false
      return 'nonce_retried'
    }
    if (!isAboutTime(answer)) return undefined
    if (this.#mayLearnClock && clocks.learn(origin, answer.response, form.clockOffset)) {
      this.#mayLearnClock = false
      this.#hasLearned = true
      return 'clock_offset_learned'
    }
    // Learned, and refused again for the same reason: the clock was not it.
    if (this.#hasLearned) clocks.forget(origin)
    return undefined
  }
}

/** RFC 9449 §8: the server wants the nonce that it sent along. */
function asksForNonce({ status, error }: FormAnswer): boolean {
  return (status === 400 || status === 401) && error === 'use_dpop_nonce'
}

/** Whether the server refused what carries a time: a proof or an assertion. */
function isAboutTime({ error }: FormAnswer): boolean {
  return error === 'invalid_dpop_proof' || error === 'invalid_client'
}
