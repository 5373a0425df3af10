import type { DirectoryOptions } from './discovery/create-directory.ts'
import { FUNCTION, type OptionRule, SIGNAL, TEXT, TEXTS, withMethods } from './flow/assert-options.ts'
import type { Random } from './http/random.ts'
import type { AtproofEvent } from './session/events.ts'
import type { Storage } from './storage/storage.ts'

/** Options of `signInWithPassword` and `revokePasswordSession`. Everything outside can be given. */
export interface PasswordOptions extends DirectoryOptions {
  /**
   * Where the session lives. Without one it is gone with the process, and each start signs in anew, of which most
   * servers allow a few in a while only.
   *
   * @default memoryStorage(), a new one each time
   */
  readonly storage?: Storage | undefined
  /** Makes unpredictable bytes. @default the runtime's */
  readonly random?: Random | undefined
  /** Keeps a runtime alive until a refresh is stored: `ctx.waitUntil` of a Worker. */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  /** Told what happens to sessions. One that throws changes nothing. */
  readonly onEvent?: ((event: AtproofEvent) => void) | undefined
}

/** Options of `signInWithPassword`. */
export interface SignInWithPasswordOptions extends PasswordOptions {
  /** The code that the server sent by e-mail, after the error `second_factor_required`. */
  readonly authFactorToken?: string | undefined
  /**
   * The https URL of the server that takes the password, where it is not the account's own PDS: an entryway. An e-mail
   * address needs it, since nothing else leads from that to an account.
   *
   * @default the account's PDS
   */
  readonly service?: string | undefined
  /** Ends the waiting, and the requests that nobody else waits for. A session that was begun is kept all the same. */
  readonly signal?: AbortSignal | undefined
}

/** Options of `revokePasswordSession`. */
export interface RevokePasswordOptions extends PasswordOptions {
  /** Where the session lives. */
  readonly storage: Storage
}

/** What each option must be, for those who write plain JavaScript. */
export const PASSWORD_RULES: { readonly [Name in keyof PasswordOptions]-?: OptionRule } = {
  storage: withMethods('get', 'put', 'delete', 'list'),
  random: FUNCTION,
  waitUntil: FUNCTION,
  onEvent: FUNCTION,
  fetch: FUNCTION,
  clock: withMethods('now', 'monotonic', 'sleep'),
  allowLoopback: TEXTS,
  plcDirectory: TEXT,
  resolveTxt: [
    'a function, or the https URL of a DNS-over-HTTPS server',
    (value) => typeof value === 'function' || typeof value === 'string',
  ],
  handleResolver: TEXT,
}

/** What each option of a sign-in must be. */
export const SIGN_IN_RULES: { readonly [Name in keyof SignInWithPasswordOptions]-?: OptionRule } = {
  ...PASSWORD_RULES,
  authFactorToken: TEXT,
  service: TEXT,
  signal: SIGNAL,
}
