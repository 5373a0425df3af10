import { StorageError } from '../errors/storage-error.ts'
import { ENDED, untilAborted } from '../http/deadline.ts'
import type { XrpcRequest } from '../xrpc/session.ts'
import { assertThere } from './assert-there.ts'
import type { Engine } from './deployment.ts'
import type { KnownSession } from './known-session.ts'
import { EARLY_WAIT_MS } from './call-limits.ts'
import { PENDING_PAUSE_MS } from './limits.ts'
import { readStored } from './read-stored.ts'
import type { BaseRecord } from './record.ts'
import { refresh } from './refresh.ts'
import type { Asked } from './session-kind.ts'
import { takeStored } from './take-stored.ts'
import { isExpired, isNearItsEnd } from './tokens.ts'
import { NO_TOKENS, notesOf } from './upkeep-notes.ts'

/** Any session may ask it, and it changes nothing. */
const SMALL_REQUEST = {
  method: 'GET',
  path: '/xrpc/com.atproto.server.getSession',
  body: undefined,
  isRepeatable: true,
} as const

/**
 * The rows R2 to R4: with the newest token, refreshed first where it is near its end, and a second and third time only
 * where a refusal calls for it.
 *
 * @param refused what was answered before, where it was refused
 * @throws SessionError `signed_out` and those of a refresh; StorageError, NetworkError
 */
export async function ask<R extends BaseRecord>(
  engine: Engine<R>,
  known: KnownSession<R>,
  request: XrpcRequest,
  refused?: Asked,
): Promise<Asked> {
  const notes = notesOf(known)
  const first = refused ?? (await askFirst(engine, known, request))
  if (!first.isRefused) return first
  if (!request.isRepeatable) {
    notes.doubtedGen = first.gen
    return first
  }
  const second = (await untilAborted(request.signal, isDoubtful(engine, known, first.gen)))
    ? await askAgain(engine, known, first, request)
    : first
  if (!second.isRefused) return second
  notes.refuse(second.gen)
  const wish = { gen: second.gen, isRefused: true, isForced: false, isEarly: false }
  await refresh(engine, known, wish, request.signal)
  return askAgain(engine, known, second, request)
}

async function askFirst<R extends BaseRecord>(
  engine: Engine<R>,
  known: KnownSession<R>,
  request: XrpcRequest,
): Promise<Asked> {
  assertThere(known)
  if (!request.isRepeatable) await goAhead(engine, known, request.signal)
  await freshen(engine, known, request.signal)
  assertThere(known)
  return engine.kind.ask(known, request)
}

/**
 * A stream would be lost on a refusal. So a small request goes ahead where one may be expected, because the PDS has not
 * answered for a while, or has refused the stream before: it brings the nonce, and where the token is refused it is
 * the one to find out. Its own failure, too, leaves the stream unused.
 */
async function goAhead<R extends BaseRecord>(
  engine: Engine<R>,
  known: KnownSession<R>,
  signal: AbortSignal,
): Promise<void> {
  const notes = notesOf(known)
  const isDoubted = notes.doubtedGen >= known.record.gen
  if (!isDoubted && !(await engine.kind.mayBeRefused(known))) return
  const small = { ...SMALL_REQUEST, headers: new Headers(), signal }
  const { response, isRefused } = await ask(engine, known, small)
  if (!isRefused) notes.doubtedGen = NO_TOKENS
  response.body?.cancel().catch(() => {}) // nobody reads it
}

/** R3: a token near its end is refreshed first. While it is still good, a failure or delay of that harms nobody. */
async function freshen<R extends BaseRecord>(
  engine: Engine<R>,
  known: KnownSession<R>,
  signal: AbortSignal,
): Promise<void> {
  const { tokens, gen, status } = known.record
  const now = engine.transport.clock.now()
  if (!isNearItsEnd(tokens, now)) return
  const isEarly = !isExpired(tokens, now)
  // A session that has ended is used to the end of its token, whatever is left of it.
  if (isEarly && status === 'needs_reauth') return
  const refreshing = refresh(engine, known, { gen, isRefused: false, isForced: false, isEarly }, signal)
  try {
    await (isEarly ? waitAWhile(engine, known, refreshing) : refreshing)
  } catch (error) {
    if (!isEarly || signal.aborted) throw error
  }
}

/** A call with a good token does not hang because a refresh does, which goes on meanwhile. */
async function waitAWhile<R extends BaseRecord>(
  { transport: { clock } }: Engine<R>,
  known: KnownSession<R>,
  refreshing: Promise<unknown>,
): Promise<void> {
  const enough = new AbortController()
  const since = notesOf(known).flight?.work.since ?? clock.monotonic()
  const left = Math.max(0, since + EARLY_WAIT_MS - clock.monotonic())
  const late = clock.sleep(left, enough.signal).catch(() => {}) // refreshed first
  await Promise.race([refreshing, late]).finally(() => enough.abort(ENDED))
}

/**
 * R2: whether a refused token may be good all the same. A server whose database is away refuses good
 * ones; and another process may have refreshed. Settled once for all requests with this token.
 */
async function isDoubtful<R extends BaseRecord>(
  engine: Engine<R>,
  known: KnownSession<R>,
  gen: number,
): Promise<boolean> {
  const { transport } = engine
  const notes = notesOf(known)
  if (known.record.gen > gen) return true
  if (notes.isRefused(known.record) || isExpired(known.record.tokens, transport.clock.now())) return false
  await notes.doubts.join(String(gen), transport, async () => {
    if (!(await adoptNewer(engine, known))) await transport.clock.sleep(PENDING_PAUSE_MS)
  })
  return true
}

async function adoptNewer<R extends BaseRecord>(engine: Engine<R>, known: KnownSession<R>): Promise<boolean> {
  try {
    const stored = await readStored(engine, known.sessionId)
    if (!stored || stored.tombstone || stored.record.gen <= known.record.gen) return false
    takeStored(engine, known, stored)
    return true
  } catch (error) {
    // The refresh that follows reads again, and says so where it cannot.
    if (error instanceof StorageError) return false
    throw error
  }
}

async function askAgain<R extends BaseRecord>(
  engine: Engine<R>,
  known: KnownSession<R>,
  refused: Asked,
  request: XrpcRequest,
): Promise<Asked> {
  refused.response.body?.cancel().catch(() => {}) // nobody reads the refusal
  assertThere(known)
  return engine.kind.ask(known, request)
}
