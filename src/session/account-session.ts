import { NetworkError, StorageError } from '../errors.ts'
import { ENDED, untilAborted } from '../http/deadline.ts'
import { joinPath } from '../http/join-path.ts'
import { bareUrl, isRedirect } from '../http/transport.ts'
import { conceal } from '../syntax/conceal.ts'
import type { Did } from '../syntax/did.ts'
import type { Sent, Session, SessionInfo, XrpcRequest } from '../xrpc/session.ts'
import type { Engine } from './deployment.ts'
import { sessionError } from './session-error.ts'
import { type KnownSession, NONE_DOUBTED } from './known-session.ts'
import { EARLY_WAIT_MS, PENDING_PAUSE_MS } from './limits.ts'
import { takeStored } from './news.ts'
import { readStored } from './read-stored.ts'
import type { BaseRecord } from './record.ts'
import { refresh } from './refresh.ts'
import type { Asked } from './session-kind.ts'
import { storeAgain } from './store.ts'
import { isExpired, isNearItsEnd } from './tokens.ts'

/** Any session may ask it, and it changes nothing. */
const SMALL_REQUEST = {
  method: 'GET',
  path: '/xrpc/com.atproto.server.getSession',
  body: undefined,
  isRepeatable: true,
} as const

/**
 * An account that signed in. An immutable value over what this process knows of the session: an old one
 * sends the newest tokens too.
 */
export class AccountSession<R extends BaseRecord> implements Session<Did> {
  readonly did: Did
  readonly info: SessionInfo
  readonly #deployment: Engine<R>
  readonly #known: KnownSession<R>
  readonly #gen: number
  #revision: number

  constructor(deployment: Engine<R>, known: KnownSession<R>) {
    this.#deployment = deployment
    this.#known = known
    this.#revision = known.revision
    this.info = known.info()
    this.did = this.info.did
    this.#gen = known.record.gen
  }

  async send(request: XrpcRequest): Promise<Sent<Did>> {
    this.#assertThere()
    // Before anything is sent, a refresh included: a path that leads elsewhere throws.
    joinPath(this.#known.record.pds, request.path)
    storeAgain(this.#deployment, this.#known)
    const { response, accessToken } = await this.#ask(request)
    if (isRedirect(response)) {
      // A token is not carried on to wherever an answer points.
      const url = bareUrl(joinPath(this.#known.record.pds, request.path))
      response.body?.cancel().catch(() => {}) // nobody reads it
      throw new NetworkError('redirected', { url, found: response.status, response })
    }
    // A server may repeat in its error what it was sent.
    return { response, session: this.#current(), conceal: (text) => conceal(text, [accessToken]) }
  }

  async refresh({ signal }: { readonly signal?: AbortSignal | undefined }): Promise<AccountSession<R>> {
    this.#assertThere()
    const { gen } = this.#known.record
    await refresh(this.#deployment, this.#known, { gen, isRefused: false, isForced: true, isEarly: false }, signal)
    return this.#current()
  }

  /** The rows R1 to R4: with the newest token, and a second and third time only where a refusal calls for it. */
  async #ask(request: XrpcRequest): Promise<Asked> {
    if (!request.isRepeatable) await this.#goAhead(request.signal)
    await this.#freshen(request.signal)
    const first = await this.#askOnce(request)
    if (!first.isRefused) return first
    if (!request.isRepeatable) {
      this.#known.doubtedGen = first.gen
      return first
    }
    const second = (await untilAborted(request.signal, this.#isDoubtful(first.gen)))
      ? await this.#askAgain(first, request)
      : first
    if (!second.isRefused) return second
    this.#known.refuse(second.gen)
    const wish = { gen: second.gen, isRefused: true, isForced: false, isEarly: false }
    await refresh(this.#deployment, this.#known, wish, request.signal)
    return this.#askAgain(second, request)
  }

  /**
   * A stream would be lost on a refusal. So a small request goes ahead where one may be expected, because the PDS has not
   * answered for a while, or has refused the stream before: it brings the nonce, and where the token is refused it is
   * the one to find out. Its own failure, too, leaves the stream unused.
   */
  async #goAhead(signal: AbortSignal): Promise<void> {
    const known = this.#known
    const isDoubted = known.doubtedGen >= known.record.gen
    if (!isDoubted && !(await this.#deployment.kind.mayBeRefused(known))) return
    const { response, isRefused } = await this.#ask({ ...SMALL_REQUEST, headers: new Headers(), signal })
    if (!isRefused) known.doubtedGen = NONE_DOUBTED
    response.body?.cancel().catch(() => {}) // nobody reads it
  }

  /** R3: a token near its end is refreshed first. While it is still good, a failure or delay of that harms nobody. */
  async #freshen(signal: AbortSignal): Promise<void> {
    const { tokens, gen, status } = this.#known.record
    const now = this.#deployment.directory.transport.clock.now()
    if (!isNearItsEnd(tokens, now)) return
    const isEarly = !isExpired(tokens, now)
    // A session that has ended is used to the end of its token, whatever is left of it.
    if (isEarly && status === 'needs_reauth') return
    const wish = { gen, isRefused: false, isForced: false, isEarly }
    const refreshing = refresh(this.#deployment, this.#known, wish, signal)
    try {
      await (isEarly ? this.#waitAWhile(refreshing) : refreshing)
    } catch (error) {
      if (!isEarly || signal.aborted) throw error
    }
  }

  /** A call with a good token does not hang because a refresh does, which goes on meanwhile. */
  async #waitAWhile(refreshing: Promise<unknown>): Promise<void> {
    const enough = new AbortController()
    const { clock } = this.#deployment.directory.transport
    const since = this.#known.flight?.work.since ?? clock.monotonic()
    const left = Math.max(0, since + EARLY_WAIT_MS - clock.monotonic())
    const late = clock.sleep(left, enough.signal).catch(() => {}) // refreshed first
    await Promise.race([refreshing, late]).finally(() => enough.abort(ENDED))
  }

  /**
   * R2: whether a refused token may be good all the same. A server whose database is away refuses good
   * ones; and another process may have refreshed. Settled once for all requests with this token.
   */
  async #isDoubtful(gen: number): Promise<boolean> {
    const known = this.#known
    const { clock } = this.#deployment.directory.transport
    if (known.record.gen > gen) return true
    if (known.isRefused || isExpired(known.record.tokens, clock.now())) return false
    const { doubts } = this.#deployment.sessions
    await doubts.join(`${gen} ${known.sessionId}`, this.#deployment.directory.transport, async () => {
      if (!(await this.#adoptNewer())) await clock.sleep(PENDING_PAUSE_MS)
    })
    return true
  }

  async #adoptNewer(): Promise<boolean> {
    const known = this.#known
    try {
      const stored = await readStored(this.#deployment, known.sessionId)
      if (!stored || stored.tombstone || stored.record.gen <= known.record.gen) return false
      takeStored(this.#deployment, known, stored)
      return true
    } catch (error) {
      // The refresh that follows reads again, and says so where it cannot.
      if (error instanceof StorageError) return false
      throw error
    }
  }

  #askAgain(refused: Asked, request: XrpcRequest): Promise<Asked> {
    refused.response.body?.cancel().catch(() => {}) // nobody reads the refusal
    return this.#askOnce(request)
  }

  async #askOnce(request: XrpcRequest): Promise<Asked> {
    this.#assertThere()
    return this.#deployment.kind.ask(this.#known, request)
  }

  #assertThere(): void {
    if (this.#known.isGone) throw sessionError('signed_out', this.#known.record)
  }

  /** This session as it is now: the same object while nothing has changed. */
  #current(): AccountSession<R> {
    if (this.#known.revision === this.#revision) return this
    const current = new AccountSession(this.#deployment, this.#known)
    if (current.#gen !== this.#gen || !isSame(current.info, this.info)) return current
    this.#revision = current.#revision
    return this
  }
}

function isSame(one: SessionInfo, other: SessionInfo): boolean {
  const others = new Map<string, unknown>(Object.entries(other))
  return Object.entries(one).every(([name, value]) => others.get(name) === value)
}
