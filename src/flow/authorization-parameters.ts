import type { AuthorizationServer } from '../discovery/server-schema.ts'
import { AuthorizationError } from '../errors/authorization-error.ts'
import { wrongArgument } from '../errors/wrong-argument.ts'

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

/**
 * The parameters of a request for the consent page.
 *
 * @throws AuthorizationError `prompt_unsupported`
 * @throws TypeError for what is no language, and for a display or response mode that there is not
 * @see OpenID Connect Core §3.1.2.1, whose names the parameters have
 */
export function pageParameters(
  server: AuthorizationServer,
  options: PageOptions,
  client: { readonly isConfidential: boolean },
): Readonly<Record<string, string | undefined>> {
  const { display, responseMode } = options
  assertOneOf('display', display, ['page', 'popup', 'touch', 'wap'])
  assertOneOf('responseMode', responseMode, ['query', 'fragment'])
  const isShown = display !== undefined && (server.displayValues ?? [display]).includes(display)
  return {
    prompt: choosePrompt(server, options.prompt, client),
    ui_locales: formatLocales(options.locale),
    display: isShown ? display : undefined,
    response_mode: responseMode,
  }
}

function assertOneOf(field: string, value: string | undefined, values: readonly string[]): void {
  if (value !== undefined && !values.includes(value))
    throw wrongArgument(field, `one of ${values.join(', ')}`, value)
}

/**
 * The first wish that the server says it fulfils. One that it may ignore would be a false promise: an app that asks for
 * `login` relies on the password being asked for.
 */
function choosePrompt(
  { promptValues = [], issuer }: AuthorizationServer,
  wish: PageOptions['prompt'],
  { isConfidential }: { readonly isConfidential: boolean },
): string | undefined {
  if (wish === undefined) return undefined
  const wishes = typeof wish === 'string' ? [wish] : wish
  if (wishes.length === 0) throw wrongArgument('prompt', 'a prompt, or a list with one at least', wishes)
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

function formatLocales(locale: PageOptions['locale']): string | undefined {
  if (locale === undefined || locale === '') return undefined
  if (typeof locale === 'string' && /[,;*]/.test(locale)) return parseAcceptLanguage(locale).join(' ') || undefined
  const tags = typeof locale === 'string' ? locale.split(' ') : [...locale]
  try {
    Intl.getCanonicalLocales(tags)
  } catch {
    throw wrongArgument('locale', 'language tags such as de or fr-CH', tags.join(' '))
  }
  return tags.join(' ') || undefined
}

/** The languages of an `Accept-Language` header, best first. What is none there is a stranger's mistake, and left out. */
function parseAcceptLanguage(header: string): readonly string[] {
  const ranges = header.split(',', 20).map((part) => {
    const [tag = '', ...parameters] = part.split(';').map((text) => text.trim())
    const quality = Number(parameters.find((text) => text.startsWith('q='))?.slice(2) ?? 1)
    return { tag, quality }
  })
  const usable = ranges.filter(({ tag, quality }) => LANGUAGE.test(tag) && quality > 0)
  return usable.toSorted((a, b) => b.quality - a.quality).map(({ tag }) => tag)
}

/** A language tag as a header has it (RFC 9110 §12.5.4), without `*`. */
const LANGUAGE = /^[a-z]{2,8}(?:-[a-z0-9]{1,8})*$/i
