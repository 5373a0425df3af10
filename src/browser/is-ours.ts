import { parseUrl } from '../syntax/parse-url.ts'
import type { AddressResponse } from './address-response.ts'
import { inPlace, PLACES, readText } from './read-text.ts'
import type { Tab } from './tab.ts'

/**
 * Whether a response is for this client: one that it waits for, or that came to an address of its own while no other
 * client of the origin waits for it. All else stays where it is, for whom it is for.
 */
export function isOurs(tab: Tab, href: string, { params }: AddressResponse, name: string): boolean {
  if (readText(tab, name) !== null) return true
  // Without an issuer: of another library.
  return params.has('iss') && isOwnAddress(tab, href) && !isAwaitedElsewhere(tab, name)
}

function isOwnAddress({ redirectUris }: Tab, href: string): boolean {
  const { origin, hostname, pathname } = new URL(href)
  return redirectUris.some((uri) => {
    const url = parseUrl(uri)
    if (url?.pathname !== pathname) return false
    // RFC 8252 §7.3: http is for a loopback address alone, of which any port will do.
    return url.origin === origin || (url.protocol === 'http:' && url.port === '' && url.hostname === hostname)
  })
}

/** Every client keeps what it waits for under the same name, after its own id. */
function isAwaitedElsewhere(tab: Tab, name: string): boolean {
  return PLACES.some((place) =>
    inPlace(tab, place, (texts) => {
      for (let at = 0; at < texts.length; at++) if (texts.key(at)?.endsWith(` ${name}`)) return true
      return false
    }),
  )
}
