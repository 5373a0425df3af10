import { createDirectory } from './discovery/create-directory.ts'
import type { Directory } from './discovery/directory.ts'
import { IdentityError } from './errors/identity-error.ts'
import { NetworkError } from './errors/network-error.ts'
import { wrongArgument } from './errors/wrong-argument.ts'
import { assertOptions, wrongKind } from './flow/assert-options.ts'
import { AUTHORIZE_TIMEOUT_MS } from './flow/limits.ts'
import type { Revocation } from './flow/request-revocation.ts'
import { createTransport } from './http/create-transport.ts'
import { untilAborted, withDeadline } from './http/deadline.ts'
import { parseOrigin } from './http/origin.ts'
import { systemRandom } from './http/random.ts'
import type { RequestLimits } from './http/exchange.ts'
import {
  PASSWORD_RULES,
  type PasswordOptions,
  type RevokePasswordOptions,
  SIGN_IN_RULES,
  type SignInWithPasswordOptions,
} from './password-client-options.ts'
import { AccountSession } from './session/account-session.ts'
import { createPasswordEngine, type PasswordEngine } from './session/create-password-engine.ts'
import type { PasswordAccount } from './session/find-password-session.ts'
import { signOut } from './session/sign-out.ts'
import { type PasswordPlace, startPasswordSession } from './session/start-password-session.ts'
import { memoryStorage } from './storage/memory.ts'
import type { Did } from './syntax/did.ts'
import { XrpcClient } from './xrpc/xrpc-client.ts'

/**
 * Signs an account in with an app password, for bots and scripts: what people use signs in with OAuth.
 *
 * A session of the account that stands in the storage is gone on with, and then the password is not even sent. So this is
 * no way to find out whether somebody knows a password. Only where there is no session, or where it ended, the server is
 * asked for one, which leads back into the one that ended. The password is never stored.
 *
 * By its DID the account is found without any lookup, so that a restart takes no request. A handle is looked up first.
 * An account that was deactivated signs in as well, to be activated again.
 *
 * @example
 * const storage = fileStorage('./sessions')
 * const client = await signInWithPassword('bot.example.com', process.env.APP_PASSWORD, { storage })
 * await client.get('com.atproto.server.getSession')
 * @param identifier a handle with or without `@`, or a DID; an e-mail address where `service` is given
 * @param appPassword made in the account's settings. The account's own password is taken too, but can do all that its
 *   person can, and some servers want a second factor beside it
 * @throws AuthorizationError `password_refused`, `second_factor_required`, `second_factor_refused`,
 *   `account_taken_down`, `account_deactivated`, `rate_limited` with `retryAt`, `server_failing`, `request_refused`,
 *   `token_response_invalid`, `wrong_account`
 * @throws IdentityError, NetworkError; StorageError `read_failed`
 * @throws TypeError for arguments that cannot work, naming the field, and showing no password
 * @see https://atproto.com/specs/xrpc#authentication
 */
export async function signInWithPassword(
  identifier: string,
  appPassword: string,
  options: SignInWithPasswordOptions = {},
): Promise<XrpcClient> {
  assertOptions('options', options, SIGN_IN_RULES)
  assertCredentials(identifier, appPassword)
  const { signal, service, authFactorToken } = options
  signal?.throwIfAborted()
  const transport = createTransport(options)
  const directory = createDirectory(transport, options)
  const engine = engineOf(directory, options)
  const server = service === undefined ? undefined : parseOrigin(transport, service)
  if (service !== undefined && server === undefined) {
    throw wrongArgument('service', 'the https URL of a server', service)
  }
  const inTime = <T>(run: (limits: RequestLimits) => Promise<T>): Promise<T> => {
    const deadline = { timeoutMs: AUTHORIZE_TIMEOUT_MS, onTimeout, signal }
    return withDeadline(transport.clock, deadline, (stop) => run({ signal: stop }))
  }
  const { account, place } = await inTime((limits) => findAccount(directory, identifier, server, limits))
  const findPlace = async (did: Did) => place ?? inTime((limits) => placeOf(directory, did, limits))
  const starting = startPasswordSession(
    engine,
    { account, server, password: appPassword, authFactorToken, findPlace },
    { signal },
  )
  const known = await (signal ? untilAborted(signal, starting) : starting)
  const { random } = engine
  return new XrpcClient({ session: new AccountSession(engine, known), clock: transport.clock, random })
}

/**
 * Signs a session of a password out: here in any case, and at the server as far as it takes it.
 *
 * @param sessionId of `client.session`
 * @example
 * await revokePasswordSession(client.session.sessionId, { storage })
 * @throws StorageError: the session is not signed out; where only the answer of the storage was lost, whether it is
 *   signed out is not known. Revoke it again: that is safe
 * @throws TypeError for arguments that cannot work, naming the field
 */
export async function revokePasswordSession(
  sessionId: string,
  options: RevokePasswordOptions,
): Promise<Revocation> {
  if (typeof sessionId !== 'string') throw wrongKind('sessionId', 'the id of a session', sessionId)
  assertOptions('options', options, PASSWORD_RULES)
  if (options.storage === undefined) {
    throw wrongKind('storage', 'the storage that the session lives in', options.storage)
  }
  const revocation = await signOut(
    engineOf(createDirectory(createTransport(options), options), options),
    sessionId,
  )
  return revocation ?? { accepted: false, reason: 'there is no such session' }
}

function onTimeout(): NetworkError {
  return new NetworkError('timeout', { expected: `an account in ${AUTHORIZE_TIMEOUT_MS} ms` })
}

/** Both are texts, and easily mixed up: then an error about the identifier would show the password. */
function assertCredentials(identifier: unknown, appPassword: unknown): void {
  if (typeof identifier !== 'string') throw wrongKind('identifier', 'a handle or a DID', identifier)
  if (typeof appPassword !== 'string' || appPassword === '') {
    throw wrongKind('appPassword', 'a password that is not empty', appPassword)
  }
  const isMixedUp = isAccountName(appPassword) && !isAccountName(identifier)
  if (isMixedUp || /^@?[a-z0-9]{4}(?:-[a-z0-9]{4}){3}$/i.test(identifier.trim())) {
    throw wrongKind('identifier', 'a handle or a DID first, and the app password second', identifier)
  }
}

/** Whether this looks like a DID, a handle or an e-mail address: what is said of any other text may show it. */
function isAccountName(text: string): boolean {
  return /^(?:did:[a-z]+:\S+|@?[a-z0-9-]+(?:\.[a-z0-9-]+)+|[^\s@]+@[^\s@]+\.[^\s@]+)$/i.test(text.trim())
}

function engineOf(directory: Directory, options: PasswordOptions): PasswordEngine {
  const { clock } = directory.transport
  return createPasswordEngine({
    directory,
    rawStorage: options.storage ?? memoryStorage({ clock }),
    random: options.random ?? systemRandom,
    onEvent: options.onEvent,
    waitUntil: options.waitUntil,
  })
}

const EMAIL = /^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/

/** Whose session it is; and what a lookup of that has already told. */
async function findAccount(
  directory: Directory,
  identifier: string,
  server: string | undefined,
  limits: RequestLimits,
): Promise<{ readonly account: PasswordAccount; readonly place?: PasswordPlace }> {
  const typed = identifier.trim()
  if (isPlainDid(typed)) return { account: { did: typed } }
  if (EMAIL.test(typed)) {
    if (server !== undefined) return { account: { email: typed.toLowerCase(), server } }
    throw new IdentityError('identifier_is_email', {
      field: 'identifier',
      expected: 'a handle or a DID; an e-mail address only with `service`',
      action: 'type the handle, such as alice.example.com, or name the server of the account as `service`',
    })
  }
  // Behind a door: a DID needs none of it.
  const [{ parseIdentifier }, { identifyHandle }] = await Promise.all([
    import('./discovery/identifier.ts'),
    import('./discovery/identity.ts'),
  ])
  const parsed = await parseIdentifier(directory.transport, identifier)
  if (parsed.kind === 'did') return { account: { did: parsed.did } }
  if (parsed.kind === 'handle') {
    const { did, handle, pds } = await identifyHandle(directory, parsed.handle, limits)
    return { account: { did }, place: { did, handle, pds } }
  }
  throw new IdentityError('identifier_is_server', {
    field: 'identifier',
    expected: 'a handle or a DID',
    found: parsed.origin,
    action: "type the account's handle, such as alice.example.com, or its DID",
  })
}

/** As it is most often given: anything else is read with care, for the sake of what is said of it. */
function isPlainDid(typed: string): typed is Did {
  return /^did:plc:[a-z2-7]{24}$|^did:web:[a-z0-9.-]{1,253}$/.test(typed)
}

async function placeOf(directory: Directory, did: Did, limits: RequestLimits): Promise<PasswordPlace> {
  const { identifyDid } = await import('./discovery/identity.ts')
  const { handle, pds } = await identifyDid(directory, did, limits)
  return { did, handle, pds }
}
