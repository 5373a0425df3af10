import { AtproofError } from '../errors/atproof-error.ts'
import { AuthorizationError } from '../errors/authorization-error.ts'
import { AUTHORIZE_TIMEOUT_MS } from '../flow/limits.ts'
import { randomText } from '../http/random.ts'
import type { RequestLimits } from '../http/exchange.ts'
import type { Did } from '../syntax/did.ts'
import { beginSession } from './begin-session.ts'
import type { PasswordEngine } from './create-password-engine.ts'
import { deleteSession } from './delete-session.ts'
import { findPasswordSession, type PasswordAccount } from './find-password-session.ts'
import type { KnownSession } from './known-session.ts'
import type { PasswordRecord } from './password-record.ts'
import { type PasswordCredentials, requestPasswordTokens } from './password-sign-in.ts'
import { keptTokens, type PasswordTokens, readClaims } from './password-tokens.ts'

/** Who an account is, and where it lives. */
export interface PasswordPlace {
  readonly did: Did
  readonly handle: string | undefined
  readonly pds: string
}

/** A sign-in as it was asked for. */
export interface PasswordSignIn extends Pick<PasswordCredentials, 'password' | 'authFactorToken'> {
  readonly account: PasswordAccount
  /** Origin of the server that takes the password of an account that is known, where it is not its PDS. */
  readonly server: string | undefined
  /** Looks the account up, once nothing was found in the storage. @param did the one that the server named */
  findPlace(did: Did): Promise<PasswordPlace>
}

/** What came of a sign-in, and whose it was. */
export interface PasswordSignedIn {
  readonly signIn: PasswordSignIn
  readonly known?: KnownSession<PasswordRecord>
  readonly error?: unknown
}

/**
 * Goes on with the account's session, or begins one where there is none or it ended: then it leads back into the same
 * session. Those who ask for the same account at once share what comes of it. A failure is shared by those who would
 * send the same: servers count the tries, and allow a few only.
 *
 * @throws AuthorizationError, IdentityError, NetworkError, StorageError
 */
export async function startPasswordSession(
  engine: PasswordEngine,
  signIn: PasswordSignIn,
  limits: RequestLimits,
): Promise<KnownSession<PasswordRecord>> {
  const { account } = signIn
  const name = account.email === undefined ? account.did : `${account.email} ${account.server}`
  const { signIns } = engine.sessions
  for (;;) {
    const begin = (): Promise<PasswordSignedIn> => {
      return findOrBegin(engine, signIn, limits).then(
        (known) => ({ signIn, known }),
        (error: unknown) => ({ signIn, error }),
      )
    }
    const { known, signIn: whose, error } = await signIns.join(name, engine.transport, begin)
    if (known) return known
    if (whose === signIn || (error instanceof AtproofError && sendsTheSame(whose, signIn))) throw error
    // Somebody else's password may be wrong, and they may have given up: now it is this one's turn.
    limits.signal?.throwIfAborted()
  }
}

function sendsTheSame(one: PasswordSignIn, other: PasswordSignIn): boolean {
  return (
    one.password === other.password && one.authFactorToken === other.authFactorToken && one.server === other.server
  )
}

async function findOrBegin(
  engine: PasswordEngine,
  signIn: PasswordSignIn,
  limits: RequestLimits,
): Promise<KnownSession<PasswordRecord>> {
  const { account } = signIn
  const found = await findPasswordSession(engine, account)
  if (found && found.record.status !== 'needs_reauth') return found
  const { tokens, place, server, requestedAt } = await obtainTokens(engine, signIn, limits)
  const { transport } = engine
  const mark = randomText(engine.random)
  const createdAt = transport.clock.now()
  // An e-mail address can have come to another account, whose tokens are none of this session's.
  const ended = found?.record.did === place.did ? found : undefined
  return beginSession(
    engine,
    { did: place.did, sessionId: ended?.sessionId },
    {
      recordFor: (sessionId) => ({
        schema: 1,
        kind: 'password',
        signIn: mark,
        sessionId,
        ...place,
        email: account.email ?? ended?.record.email,
        issuer: server,
        scope: readClaims(tokens.accessToken).scope,
        tokens: keptTokens(tokens, requestedAt),
        gen: 1,
        checkedAt: createdAt,
        status: 'active',
        reason: undefined,
        createdAt,
        // It lives for as long as it is used.
        endsAt: undefined,
        attempt: null,
      }),
      begin: () => {}, // the server told nothing on the way that a session needs
      memory: undefined,
      async giveBack({ refreshToken }) {
        await deleteSession(transport, server, refreshToken)
      },
    },
  )
}

interface Obtained {
  readonly tokens: PasswordTokens
  readonly place: PasswordPlace
  readonly server: string
  readonly requestedAt: number
}

/** Signs in, and finds out who that is where only the server knows. */
async function obtainTokens(
  { transport }: PasswordEngine,
  signIn: PasswordSignIn,
  limits: RequestLimits,
): Promise<Obtained> {
  const { account, password, authFactorToken } = signIn
  const { server, place } = await findServer(signIn)
  const requestedAt = transport.clock.now()
  const credentials = { identifier: account.did ?? account.email, password, authFactorToken }
  // Hashing a password takes a server its time.
  const inTime = { timeoutMs: AUTHORIZE_TIMEOUT_MS, ...limits }
  const tokens = await requestPasswordTokens(transport, server, credentials, inTime)
  try {
    if (place && tokens.did !== place.did) {
      const facts = { url: server, field: 'did', expected: place.did, found: tokens.did }
      throw new AuthorizationError('wrong_account', facts)
    }
    return { tokens, place: place ?? (await signIn.findPlace(tokens.did)), server, requestedAt }
  } catch (error) {
    // Nobody is to use them.
    await deleteSession(transport, server, tokens.refreshToken)
    throw error
  }
}

/** Who takes the password: the account's PDS, unless somebody else was named. */
async function findServer({
  account,
  server,
  findPlace,
}: PasswordSignIn): Promise<{ readonly server: string; readonly place: PasswordPlace | undefined }> {
  if (account.did === undefined) return { server: account.server, place: undefined }
  const place = await findPlace(account.did)
  return { server: server ?? place.pds, place }
}
