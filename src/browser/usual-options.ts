import { DISPLAYS, LANGUAGE, RESPONSE_MODES } from '../flow/authorization-parameters.ts'
import type { AuthorizeOptions } from '../flow/authorize.ts'
import { scopeText } from '../flow/client/scope-text.ts'
import type { Setup } from '../flow/setup.ts'
import { grantsAtproto } from '../flow/token-response.ts'
import { isLoopbackHost } from '../http/address.ts'
import { type Check, isBoolean, isJsonObject, isText, oneOf } from '../syntax/shape.ts'
import type { BrowserClientOptions } from './oauth-client.ts'
import type { Tab } from './tab.ts'

/** What a page's client says of itself, as far as a sign-in needs it. */
export type PageClient = Pick<Setup, 'metadata' | 'scope' | 'fallbackScope'>

const isFunction: Check = (value) => typeof value === 'function'
const isFilledText: Check = (value) => isText(value) && value !== ''
const isTexts: Check = (value) => {
  const texts = [value].flat()
  return texts.length > 0 && texts.every(isFilledText)
}
const isScope: Check = (value) => isTexts(value) && grantsAtproto([value].flat().join(' '))
/** Tags of languages, as a browser has them: a header or a text with several is taken apart elsewhere. */
const isLocale: Check = (value) => isTexts(value) && [value].flat().every((tag) => LANGUAGE.test(String(tag)))

const CLIENT: { readonly [Name in keyof BrowserClientOptions]?: Check } = {
  clientId: (value) => isText(value) && String(value).startsWith('https:'),
  redirectUri: isFilledText,
  redirectUris: Array.isArray,
  scope: isScope,
  fallbackScope: isScope,
  storage: isJsonObject,
  fetch: isFunction,
  clock: isJsonObject,
  page: isJsonObject,
  onEvent: isFunction,
  plcDirectory: isText,
  handleResolver: isText,
  resolveTxt: (value) => isText(value) || isFunction(value),
}

const WISHES: { readonly [Name in keyof AuthorizeOptions]-?: Check } = {
  state: isText,
  prompt: isTexts,
  locale: isLocale,
  display: oneOf(...DISPLAYS),
  responseMode: oneOf(...RESPONSE_MODES),
  scope: isScope,
  fallbackScope: isScope,
  redirectUri: isFilledText,
  fresh: isBoolean,
  onProgress: isFunction,
  signal: (value) => value instanceof AbortSignal,
}

/**
 * Whether a page's client can sign in without a closer look at its options: they are those of most apps, of the right
 * kinds, and the page is not on the machine of who writes it. What is wrong with them all the same, a server refuses.
 */
export function isUsualClient({ page, redirectUris }: Tab, options: BrowserClientOptions): boolean {
  const { hostname } = new URL(page.location.href)
  // Without an id it is the development client, whose id has to be written.
  return (
    !isLoopbackHost(hostname) && options.clientId !== undefined && isTexts(redirectUris) && fits(options, CLIENT)
  )
}

/** Whether the options of one sign-in need no closer look. */
export function isUsualWish(wishes: unknown): boolean {
  return fits(wishes, WISHES)
}

/** A usual client, by its options. */
export function usualClient(
  { clientId, redirectUris }: Tab,
  { scope = 'atproto', fallbackScope }: BrowserClientOptions,
): PageClient {
  return {
    metadata: { client_id: clientId, redirect_uris: redirectUris },
    scope: scopeText(scope),
    fallbackScope: fallbackScope && scopeText(fallbackScope),
  }
}

/** Whether there is nothing but these fields, each as it should be or left out. */
function fits(options: unknown, checks: Readonly<Record<string, Check | undefined>>): boolean {
  if (!isJsonObject(options)) return false
  return Object.entries(options).every(
    ([name, value]) => value === undefined || (Object.hasOwn(checks, name) && checks[name]?.(value)),
  )
}
