import type { DirectoryOptions } from './discovery/create-directory.ts'
import {
  FUNCTION,
  type OptionRule,
  SEAL_KEYS,
  SIGNAL,
  TEXT,
  TEXT_OR_TEXTS,
  TEXTS,
  withMethods,
} from './flow/assert-options.ts'
import { CLIENT_OPTIONS, type DocumentOption, isDocumentOption } from './flow/client/client-option-rules.ts'
import type { ClientOptions } from './flow/client/client-options.ts'
import type { ScopeOption } from './flow/client/client-scope.ts'
import type { Random } from './http/random.ts'
import type { AtproofEvent } from './session/events.ts'
import type { Storage } from './storage/storage.ts'

/** Options of `OAuthClient`. Everything outside can be given. */
export interface OAuthClientOptions extends DirectoryOptions, ClientOptions {
  /** What to ask for, `atproto` among it. @default 'atproto' */
  readonly scope?: ScopeOption | undefined
  /**
   * What to ask for instead, where a server refuses `scope` as a whole: `atproto transition:generic` for one that does
   * not know granular scopes yet. Part of the client's metadata too.
   */
  readonly fallbackScope?: ScopeOption | undefined
  /** Where sessions and sign-ins live. @default memoryStorage() */
  readonly storage?: Storage | undefined
  /**
   * Secrets of 32 bytes as base64, the newest first (`openssl rand -base64 32`). With them `context` is sealed and carries
   * the whole sign-in, so that the storage is not asked for it: only that it was spent is still written there.
   */
  readonly sealKeys?: readonly string[] | undefined
  /** Makes unpredictable bytes. @default the runtime's */
  readonly random?: Random | undefined
  /** Keeps a runtime alive until a refresh is stored: `ctx.waitUntil` of a Worker. */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  /** Told what happens to sessions. One that throws changes nothing. */
  readonly onEvent?: ((event: AtproofEvent) => void) | undefined
}

const FUNCTION_OR_TEXT: OptionRule = [
  'a function, or the https URL of a DNS-over-HTTPS server',
  (value) => typeof value === 'function' || typeof value === 'string',
]

/** Options of `OAuthClient.load`: those that a client metadata document does not answer. */
export interface LoadOptions extends Omit<OAuthClientOptions, DocumentOption | 'clientMetadata'> {
  /** Ends the loading, and nothing else. */
  readonly signal?: AbortSignal | undefined
}

/** What each option must be, for those who write plain JavaScript. */
export const CLIENT_RULES: { readonly [Name in keyof OAuthClientOptions]-?: OptionRule } = {
  ...CLIENT_OPTIONS,
  scope: TEXT_OR_TEXTS,
  fallbackScope: TEXT_OR_TEXTS,
  sealKeys: SEAL_KEYS,
  storage: withMethods('get', 'put', 'delete', 'list'),
  random: FUNCTION,
  plcDirectory: TEXT,
  resolveTxt: FUNCTION_OR_TEXT,
  handleResolver: TEXT,
  waitUntil: FUNCTION,
  onEvent: FUNCTION,
  fetch: FUNCTION,
  clock: withMethods('now', 'monotonic', 'sleep'),
  allowLoopback: TEXTS,
}

/** What each option of `load` must be. */
export const LOADING_RULES: Readonly<Record<string, OptionRule>> = {
  ...Object.fromEntries(Object.entries(CLIENT_RULES).filter(([name]) => !isDocumentOption(name))),
  signal: SIGNAL,
}
