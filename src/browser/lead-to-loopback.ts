import { parseUrl } from '../syntax/parse-url.ts'
import type { Tab } from './tab.ts'

/**
 * Leads a page on `http://localhost` to the address that its consent page returns to, which cannot be `localhost`: what is
 * kept for one of them cannot be read by the other. Returns whether it does.
 *
 * @see https://atproto.com/specs/oauth#localhost-client-development; RFC 8252 §8.3
 */
export function leadToLoopback({ page, redirectUris }: Tab): boolean {
  const url = new URL(page.location.href)
  if (url.protocol !== 'http:' || url.hostname !== 'localhost') return false
  const host = redirectUris
    .map((uri) => parseUrl(uri)?.hostname)
    .find((name) => name === '127.0.0.1' || name === '[::1]')
  if (!host) return false
  url.hostname = host
  page.location.replace(url.href)
  return true
}
