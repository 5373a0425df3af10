import { decodeJwt } from 'jose'
import type { FakeNetwork } from '../../src/testing.ts'
import type { Life } from './life.ts'
import type { WriteLine } from './messages.ts'
import { nameToken, type RecordFacts } from './record-facts.ts'
import { CREATE, DELETE, REVOCATION_PATHS, TOKEN_PATHS } from './token-paths.ts'
import { type IssuedToken, newestOf, type TokenRequest, type Truth } from './truth.ts'

const TRACE_LINES = 400

/** A rule that was broken, whatever came of it. */
export interface Violation {
  readonly what: string
  readonly session: number | undefined
}

/** How far a session had come when somebody began to read the storage. */
export interface Mark {
  readonly place: number
  readonly gen: number
  readonly hasTombstone: boolean
}

/** What is true of every session of a run. It is told by the network, by the children, and by whoever reads the storage. */
export class Ledger {
  readonly truths: Truth[] = []
  readonly violations: Violation[] = []
  readonly #network: FakeNetwork
  readonly #byToken = new Map<string, { readonly truth: Truth; readonly place: number }>()
  readonly #bySessionId = new Map<string, Truth>()
  /** What servers did to the sessions of passwords. */
  readonly #passwords = new WeakMap<Truth, { deleted: boolean }>()
  readonly #touched = new WeakMap<Life, Set<Truth>>()
  readonly #now: () => number

  constructor(network: FakeNetwork) {
    this.#network = network
    this.#now = () => network.clock.now()
  }

  /** A child has to do with a session: what happens to the one matters to the other. */
  touch(truth: Truth, life: Life): void {
    const touched = this.#touched.get(life) ?? new Set()
    this.#touched.set(life, touched.add(truth))
  }

  touchedBy(life: Life): Iterable<Truth> {
    return this.#touched.get(life) ?? []
  }

  ofSession(sessionId: string): Truth | undefined {
    return this.#bySessionId.get(sessionId)
  }

  ofToken(token: string): { readonly truth: Truth; readonly place: number } | undefined {
    return this.#byToken.get(token)
  }

  violate(what: string, truth?: Truth): void {
    this.violations.push({ what, session: truth?.number })
    if (truth) this.trace(truth, `VIOLATION ${what}`)
  }

  trace(truth: Truth, line: string, at: number = this.#now()): void {
    truth.trace.push(`${(at / 1000).toFixed(1)} ${line}`)
    if (truth.trace.length > TRACE_LINES) truth.trace.splice(0, TRACE_LINES / 4)
  }

  /** The server issued tokens. */
  issued(request: TokenRequest, did: string, refreshToken: string): void {
    const name = nameToken(refreshToken)
    const token: IssuedToken = {
      name,
      serverId: serverIdOf(request, refreshToken),
      request,
      storedAt: undefined,
      gotAt: undefined,
      failedWrites: 0,
      triedAt: undefined,
    }
    const spent = this.#byToken.get(request.sent)
    const truth = spent?.truth ?? this.#begin(request, did, refreshToken)
    this.#byToken.set(name, { truth, place: truth.tokens.length })
    truth.tokens.push(token)
    // A server may issue what it had taken back: a used token of a password is taken for a while.
    if (this.#passwords.get(truth)?.deleted && token === newestOf(truth)) this.#end(truth, undefined)
    this.touch(truth, request.life)
    this.trace(
      truth,
      `server ${request.path} issued token ${truth.tokens.length - 1} to life ${request.life.number}`,
    )
  }

  /** The server answered a request for tokens or for a revocation, with what it sent along as a name. */
  answered(request: TokenRequest): void {
    const known = this.#byToken.get(request.sent)
    if (!known) return
    const { truth, place } = known
    if (request.status === 200 && TOKEN_PATHS.has(request.path)) return
    const said = `${request.status} ${request.error}`.trim()
    this.trace(truth, `server ${request.path} with token ${place} from life ${request.life.number}: ${said}`)
    const isEnd = request.status === 200 && request.path === DELETE
    if (isEnd && truth.tokens[place]?.serverId === newestOf(truth)?.serverId) this.#end(truth, request)
    if (!truth.server.deleted || truth.ender) return
    truth.ender = request
    this.trace(truth, 'server ended the session')
  }

  /** What became of an answer is told once it is known. */
  fate(request: TokenRequest): void {
    const truth = this.#byToken.get(request.sent)?.truth
    if (!truth) return
    if (REVOCATION_PATHS.has(request.path)) truth.revocations.push(request)
    this.trace(truth, `answer to life ${request.life.number} ${request.fate}`)
  }

  /** A child wrote a session's record, or was to. */
  wrote(life: Life, at: number, line: WriteLine): void {
    const known = line.token === undefined ? undefined : this.#byToken.get(line.token)
    const truth = this.#bySessionId.get(line.sessionId) ?? known?.truth
    if (!truth) return this.violate(`a record of ${line.sessionId} was written that is of no session`)
    this.#bind(truth, line.sessionId)
    this.touch(truth, life)
    const { outcome, attempt, over } = line
    const what = line.isTombstone
      ? 'tombstone'
      : `gen ${line.gen} ${line.status}${attempt ? ` attempt ${attempt.id}` : ''}`
    this.trace(truth, `life ${life.number} wrote ${what} since ${(line.from / 1000).toFixed(1)}: ${outcome}`, at)
    const stands = outcome === 'stored' || outcome === 'answer lost'
    const token = known && truth.tokens[known.place]
    if (token?.request.life === life) token.triedAt = at
    if (!stands) {
      if (token && outcome !== 'lost' && token.request.life === life) token.failedWrites += 1
      return
    }
    if (line.isTombstone) this.#signedOut(truth, at)
    else if (token && known) this.#stored(truth, known.place, at)
    if (over?.isTombstone && !line.isTombstone) this.violate('a signed-out session came back', truth)
    if (over && !over.isTombstone && !line.isTombstone && over.gen > line.gen) {
      this.violate('older tokens were stored over newer ones', truth)
    }
    if (attempt && !attempt.dead) truth.attempts.push({ ...attempt, life, from: line.from, to: at })
  }

  /** A child has read an answer with new tokens to its end. */
  got(life: Life, at: number, name: string): void {
    const known = this.#byToken.get(name)
    const token = known?.truth.tokens[known.place]
    if (!known || !token) return this.violate('a token was received that was never issued')
    token.gotAt ??= at
    this.trace(known.truth, `life ${life.number} has token ${known.place}`, at)
  }

  /** What is known of a session before somebody reads the storage: what is read may be no older. */
  mark(sessionId: string): Mark {
    const truth = this.#bySessionId.get(sessionId)
    return {
      place: truth?.storedPlace ?? -1,
      gen: truth?.seen?.gen ?? -1,
      hasTombstone: truth?.hasTombstone ?? false,
    }
  }

  /** A child is about to send a revocation. */
  revokes(life: Life, at: number, token: string): void {
    const truth = this.#byToken.get(token)?.truth
    if (!truth) return
    truth.revokes += 1
    this.trace(truth, `life ${life.number} sends a revocation`, at)
  }

  /** Whoever reads the storage saw a session's record. */
  saw(sessionId: string, facts: RecordFacts, before: Mark): Truth | undefined {
    const known = facts.token === undefined ? undefined : this.#byToken.get(facts.token)
    const truth = this.#bySessionId.get(sessionId) ?? known?.truth
    if (!truth) {
      this.violate(`the storage holds ${sessionId}, which is no session of this run`)
      return undefined
    }
    this.#bind(truth, sessionId)
    if (!facts.isTombstone) this.#sawRecord(truth, facts, known?.place, before)
    if (facts.isTombstone) this.#signedOut(truth, this.#now())
    truth.seen = facts
    return truth
  }

  #sawRecord(truth: Truth, facts: RecordFacts, place: number | undefined, before: Mark): void {
    if (before.hasTombstone) this.violate('a signed-out session came back', truth)
    if (place === undefined) return this.violate('the storage holds tokens that were never issued', truth)
    if (place < before.place || facts.gen < before.gen) {
      this.violate('older tokens were stored over newer ones', truth)
    }
    this.#stored(truth, place, this.#now())
  }

  #stored(truth: Truth, place: number, at: number): void {
    const token = truth.tokens[place]
    if (token) token.storedAt = Math.min(token.storedAt ?? Infinity, at)
    truth.storedPlace = Math.max(truth.storedPlace, place)
    if (truth.standing === 'begun') truth.standing = 'live'
  }

  #signedOut(truth: Truth, at: number): void {
    truth.hasTombstone = true
    truth.signedOutAt ??= at
  }

  /** The server has ended a session of a password, or goes on with it. */
  #end(truth: Truth, ender: TokenRequest | undefined): void {
    const password = this.#passwords.get(truth)
    if (password) password.deleted = ender !== undefined
    if (!ender) truth.ender = undefined
  }

  /** The session as the server has it. Of those of passwords the network tells nothing. */
  #find(did: string, refreshToken: string): Pick<Truth, 'server' | 'client'> {
    const server = this.#network.sessionsOf(did).findLast((each) => each.refreshToken === refreshToken)
    if (!server) throw new Error('the network issued tokens of no session')
    return { server, client: server.auth.method === 'none' ? 'public' : 'confidential' }
  }

  #begin(request: TokenRequest, did: string, refreshToken: string): Truth {
    const password = request.path === CREATE ? { deleted: false } : undefined
    const truth: Truth = {
      number: this.truths.length,
      did,
      ...(password ? { server: password, client: 'password' } : this.#find(did, refreshToken)),
      createdAt: this.#now(),
      tokens: [],
      attempts: [],
      ender: undefined,
      revocations: [],
      revokes: 0,
      sessionId: undefined,
      standing: 'begun',
      storedPlace: -1,
      seen: undefined,
      isSignedIn: false,
      wantsOut: false,
      signOuts: 0,
      hasTombstone: false,
      signedOutAt: undefined,
      trace: [],
    }
    this.truths.push(truth)
    if (password) this.#passwords.set(truth, password)
    this.trace(truth, `life ${request.life.number} signs in`)
    return truth
  }

  #bind(truth: Truth, sessionId: string): void {
    truth.sessionId ??= sessionId
    this.#bySessionId.set(sessionId, truth)
  }
}

/** Tokens of a password are known to the server by an id in them. */
function serverIdOf({ path }: TokenRequest, refreshToken: string): string {
  return path === '/oauth/token' ? nameToken(refreshToken) : (decodeJwt(refreshToken).jti ?? '')
}
