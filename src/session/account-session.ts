import { joinPath } from '../http/join-path.ts'
import { assertNoRedirect } from '../http/transport.ts'
import { conceal } from '../syntax/conceal.ts'
import type { Did } from '../syntax/did.ts'
import type { Sent, Session, SessionInfo, XrpcRequest } from '../xrpc/session.ts'
import type { CallEngine } from './deployment.ts'
import type { KnownSession } from './known-session.ts'
import type { BaseRecord } from './record.ts'
import type { Asked } from './session-kind.ts'
import { isNearItsEnd } from './tokens.ts'

/**
 * An account that signed in. An immutable value over what this process knows of the session: an old one
 * sends the newest tokens too.
 */
export class AccountSession<R extends BaseRecord> implements Session<Did> {
  readonly did: Did
  readonly info: SessionInfo
  readonly #engine: CallEngine<R>
  readonly #known: KnownSession<R>
  readonly #gen: number
  #revision: number

  constructor(engine: CallEngine<R>, known: KnownSession<R>) {
    this.#engine = engine
    this.#known = known
    this.#revision = known.revision
    this.info = known.info()
    this.did = this.info.did
    this.#gen = known.record.gen
  }

  async send(request: XrpcRequest): Promise<Sent<Did>> {
    const known = this.#known
    // Before anything is sent, a refresh included: a path that leads elsewhere throws.
    const url = joinPath(known.record.pds, request.path)
    this.#engine.upkeep.storeAgain(known)
    const { response, accessToken } = await this.#ask(request)
    assertNoRedirect(url, response)
    // A server may repeat in its error what it was sent.
    return { response, session: this.#current(), conceal: (text) => conceal(text, [accessToken]) }
  }

  async refresh({ signal }: { readonly signal?: AbortSignal | undefined }): Promise<AccountSession<R>> {
    const wish = { gen: this.#known.record.gen, isRefused: false, isForced: true, isEarly: false }
    await this.#engine.upkeep.refresh(this.#known, wish, signal)
    return this.#current()
  }

  /** The row R1; where a request takes more than one sending, or must not be sent, the upkeep sees to it. */
  async #ask(request: XrpcRequest): Promise<Asked> {
    const { kind, upkeep, transport } = this.#engine
    const known = this.#known
    const now = transport.clock.now()
    if (known.isGone || !request.isRepeatable || isNearItsEnd(known.record.tokens, now)) {
      return upkeep.ask(known, request)
    }
    const first = await kind.ask(known, request)
    return first.isRefused ? upkeep.ask(known, request, first) : first
  }

  /** This session as it is now: the same object while nothing has changed. */
  #current(): AccountSession<R> {
    if (this.#known.revision === this.#revision) return this
    const current = new AccountSession(this.#engine, this.#known)
    const isSame = current.#gen === this.#gen && JSON.stringify(current.info) === JSON.stringify(this.info)
    if (!isSame) return current
    this.#revision = current.#revision
    return this
  }
}
