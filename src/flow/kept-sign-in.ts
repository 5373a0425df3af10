import { AuthorizationError } from '../errors/authorization-error.ts'
import { StorageError } from '../errors/storage-error.ts'
import { randomText } from '../http/random.ts'
import { hashText } from '../syntax/base64url.ts'
import { hasShape, isText, optional } from '../syntax/shape.ts'
import { contextMismatch } from './context-mismatch.ts'
import { SPENT_LIFETIME_MS } from './limits.ts'
import type { Setup } from './setup.ts'
import { isSignIn, type SignIn } from './sign-in.ts'

/** What a callback leaves behind: that it was there, and what it has to say to the same browser. */
type Spent = { readonly contextHash: string; readonly state: string | undefined }

/**
 * Keeps a sign-in for its callback: in the storage, bound to a secret that only the browser has; or, with `sealKeys`,
 * with the browser itself.
 *
 * @returns the context
 * @throws StorageError `write_failed`
 * @throws TypeError for a `state` of the app, or a scope, that no cookie can hold
 */
export async function keepSignIn(setup: Setup, state: string, signIn: SignIn): Promise<string> {
  const stateHash = await hashText(state)
  if (setup.seal) return setup.seal.write({ ...signIn, stateHash })
  const context = randomText(setup.random)
  const value = { ...signIn, contextHash: await hashText(context) }
  const options = { ifVersion: null, expiresAt: signIn.expiresAt }
  if ((await setup.storage.put(signInKey(stateHash), value, options)) === undefined) {
    throw new StorageError('write_failed', { field: 'signin', expected: 'a put where nothing stands' })
  }
  return context
}

/**
 * Finds the sign-in that a callback belongs to, for the browser that began it, and spends the state before anything is
 * sent.
 *
 * @throws AuthorizationError `state_unknown`, `state_spent`, `context_mismatch`, `sign_in_expired`
 * @throws StorageError `read_failed`, `write_failed`, `corrupt`
 */
export async function takeSignIn(setup: Setup, state: string, context: string): Promise<SignIn> {
  const { storage, seal, directory } = setup
  const stateHash = await hashText(state)
  const contextHash = await hashText(context)
  // A context of five parts is a sealed one; the other kind has no dots.
  const { signIn, version } =
    seal && context.includes('.')
      ? { signIn: await seal.read(context, stateHash) }
      : await readStored(setup, stateHash, contextHash)
  const now = directory.transport.clock.now()
  // A storage may forget late, or never.
  if (signIn.expiresAt <= now) throw new AuthorizationError('sign_in_expired', { state: signIn.state })
  const spent: Spent = { contextHash, state: signIn.state }
  const options = { ifVersion: null, expiresAt: now + SPENT_LIFETIME_MS }
  if ((await storage.put(spentKey(stateHash), spent, options)) === undefined) throw alreadySpent(signIn)
  // The state is spent by now; a sign-in that stays behind is useless and expires.
  if (version !== undefined) await storage.delete(signInKey(stateHash), { ifVersion: version }).catch(() => {})
  return signIn
}

interface Found {
  readonly signIn: SignIn
  /** Where it stands in the storage. */
  readonly version?: string
}

async function readStored({ storage }: Setup, stateHash: string, contextHash: string): Promise<Found> {
  const key = signInKey(stateHash)
  const entry = await storage.get(key)
  if (!entry) {
    const spent = (await storage.get(spentKey(stateHash)))?.value
    if (spent === undefined) throw new AuthorizationError('state_unknown', { field: 'state' })
    // Only the browser that began hears what its app wanted to remember.
    throw alreadySpent(isSpent(spent) && spent.contextHash === contextHash ? spent : { state: undefined })
  }
  const signIn: unknown = entry.value
  if (!isSignIn(signIn) || !hasShape<{ contextHash: string }>(signIn, { contextHash: isText })) {
    throw new StorageError('corrupt', { field: key, expected: 'a sign-in of schema 1' })
  }
  // Before the state is spent: who only knows the state must not be able to end the sign-in of another.
  if (signIn.contextHash !== contextHash) throw contextMismatch()
  return { signIn, version: entry.version }
}

function isSpent(value: unknown): value is Spent {
  return hasShape<Spent>(value, { contextHash: isText, state: optional(isText) })
}

function alreadySpent({ state }: Pick<SignIn, 'state'>): AuthorizationError {
  return new AuthorizationError('state_spent', { field: 'state', state })
}

/** Where a sign-in is stored. The state itself is never stored, so that nobody who reads the storage can spend it. */
function signInKey(stateHash: string): string {
  return `signin/${stateHash}`
}

/** Where it stands that a state was spent. */
function spentKey(stateHash: string): string {
  return `spent/${stateHash}`
}
