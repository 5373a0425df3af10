import type { AuthorizationServer } from '../discovery/server-schema.ts'
import { AuthorizationError } from '../errors/authorization-error.ts'

/** What the consent page should do first. `create` signs up; `none` asks nothing, and is for confidential clients. */
export type Prompt = 'login' | 'consent' | 'select_account' | 'create' | 'none' | (string & {})

/** How the consent page is shown. */
export type Display = 'page' | 'popup' | 'touch' | 'wap'

/** How the response comes back: in the query or in the fragment of the redirect URI. */
export type ResponseMode = 'query' | 'fragment'

/** What an app can ask of the consent page. */
export interface PageOptions {
  /**
   * What the page should do first, or a list of preferences: the first that the server offers is asked for.
   *
   * @default the server decides
   */
  readonly prompt?: Prompt | readonly Prompt[] | undefined
  /**
   * The languages of the page, best first, as BCP 47 has them: `'de'`, `['fr-CH', 'de']`. An `Accept-Language` header as
   * it came will do, too.
   *
   * @default the browser's
   */
  readonly locale?: string | readonly string[] | undefined
  /** How the page is shown. Left out of the request where the server does not know the wish. @default 'page' */
  readonly display?: Display | undefined
  /** @default 'query' */
  readonly responseMode?: ResponseMode | undefined
}

export const DISPLAYS: readonly Display[] = ['page', 'popup', 'touch', 'wap']
export const RESPONSE_MODES: readonly ResponseMode[] = ['query', 'fragment']
/** A language tag as a header has it (RFC 9110 §12.5.4), without `*`. */
export const LANGUAGE: RegExp = /^[a-z]{2,8}(?:-[a-z0-9]{1,8})*$/i

/**
 * The parameters of a request for the consent page.
 *
 * @param options of the right kinds: `readPageOptions` looks at what an app gave
 * @throws AuthorizationError `prompt_unsupported`
 * @see OpenID Connect Core §3.1.2.1, whose names the parameters have
 */
export function pageParameters(
  server: AuthorizationServer,
  { prompt, locale, display, responseMode }: PageOptions,
  client: { readonly isConfidential: boolean },
): Readonly<Record<string, string | undefined>> {
  const isShown = display !== undefined && (server.displayValues ?? [display]).includes(display)
  return {
    prompt: prompt === undefined ? undefined : choosePrompt(server, [prompt].flat(), client),
    ui_locales: [locale].flat().join(' ') || undefined,
    display: isShown ? display : undefined,
    response_mode: responseMode,
  }
}

/**
 * The first wish that the server says it fulfils. One that it may ignore would be a false promise: an app that asks for
 * `login` relies on the password being asked for.
 */
function choosePrompt(
  { promptValues = [], issuer }: AuthorizationServer,
  wishes: readonly Prompt[],
  { isConfidential }: { readonly isConfidential: boolean },
): string {
  const offered = promptValues.filter((value) => value !== 'none' || isConfidential)
  const prompt = wishes.find((value) => offered.includes(value))
  if (prompt !== undefined) return prompt
  throw new AuthorizationError('prompt_unsupported', {
    url: issuer,
    field: 'prompt',
    expected:
      offered.length > 0 ? `one of ${offered.join(', ')}` : 'none: the server does not say that it knows any',
    found: wishes.join(' '),
    ...(wishes.includes('none') && !isConfidential && { detail: 'the prompt none is for confidential clients' }),
  })
}
