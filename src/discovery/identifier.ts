import { type Did, isDid, isDidWeb } from '../syntax/did.ts'
import { IdentityError } from '../errors/identity-error.ts'
import { isLoopbackHost } from '../http/address.ts'
import { parseOrigin } from '../http/origin.ts'
import { bareUrl, type Transport } from '../http/transport.ts'
import { assertResolvable, type Handle, malformedHandle, readHandle } from '../syntax/handle.ts'
import { parseUrl } from '../syntax/parse-url.ts'
import { isAccountDid } from './account-did.ts'
import { LONGEST_IDENTIFIER } from './limits.ts'
import { assertNoLink } from './profile-link.ts'
import { readResolvable, whatToType, whatWasMeant, wholeHandle, withoutEdges } from './what-to-type.ts'

/** Where a sign-in begins: at an account, or at a server. `typed` is for `login_hint`: as typed, without what is not seen. */
export type Identifier =
  | { readonly kind: 'handle'; readonly handle: Handle; readonly typed: string }
  | { readonly kind: 'did'; readonly did: Did; readonly typed: string }
  | { readonly kind: 'server'; readonly origin: string }

/** Blanks, and marks that are not seen but pasted along: zero-width ones, those of the writing direction. */
const UNSEEN = '[\\s\\p{Cf}]+'
const UNSEEN_AROUND = new RegExp(`^${UNSEEN}|${UNSEEN}$`, 'gu')

/**
 * Tells apart what people type to sign in: a handle, a DID, or the URL of a PDS or authorization server. What is none of
 * them is refused with a code of its own and, where it can be guessed, with what to type.
 *
 * @throws IdentityError `identifier_missing`, `identifier_malformed`, `identifier_is_link`, `identifier_is_email`,
 *   `server_url_insecure`, `server_url_malformed`, `handle_incomplete`, `handle_malformed`, `handle_placeholder`,
 *   `handle_reserved`, `did_malformed`, `did_unsupported`
 */
export function parseIdentifier(transport: Pick<Transport, 'allowLoopback'>, input: string): Identifier {
  // A DID has 2048 characters at most. What is far longer is not looked into: it would take minutes.
  if (input.length > LONGEST_IDENTIFIER) {
    throw new IdentityError('identifier_malformed', {
      field: 'identifier',
      expected: `at most ${LONGEST_IDENTIFIER} characters`,
      found: input,
    })
  }
  const text = input.replace(UNSEEN_AROUND, '')
  const typed = text.replace(/^@/, '').replace(UNSEEN_AROUND, '')
  if (typed === '') {
    throw new IdentityError('identifier_missing', { field: 'identifier', expected: 'a handle', found: input })
  }
  assertNoLink(transport, typed)
  if (/^https?:/i.test(text)) return { kind: 'server', origin: parseServer(transport, text) }
  if (/^did:/i.test(text)) return { kind: 'did', did: parseDid(transport, text, input), typed }
  const handle = parseTypedHandle(transport, typed, input)
  assertResolvable(handle, { allowTest: transport.allowLoopback.size > 0 })
  return { kind: 'handle', handle, typed }
}

function parseServer(transport: Pick<Transport, 'allowLoopback'>, text: string): string {
  const origin = parseOrigin(transport, text)
  if (origin !== undefined) return origin
  const field = 'identifier'
  const url = parseUrl(text)
  if (!url) {
    const expected = 'a handle, a DID, or the https URL of a server'
    throw new IdentityError('identifier_malformed', { field, expected, found: bareUrl(text) })
  }
  const { host, protocol, pathname } = url
  // Neither the credentials nor the query of a URL are for others to read.
  const found = `${protocol}//${host}${pathname}`
  if (protocol === 'http:' && !transport.allowLoopback.has(url.origin)) {
    throw new IdentityError('server_url_insecure', {
      field,
      expected: 'https',
      found,
      action: secureAction(transport, url),
    })
  }
  const hasPath = pathname !== '/'
  throw new IdentityError('server_url_malformed', {
    field,
    expected: hasPath ? 'a handle, or a URL without a path' : url.origin,
    found,
    action: hasPath ? 'type the handle; the URL of a server has no path' : `type ${url.origin}`,
  })
}

/** What to type instead of a URL that is not https. */
function secureAction(transport: Pick<Transport, 'allowLoopback'>, url: URL): string {
  const { host, hostname, origin, pathname } = url
  if (isLoopbackHost(hostname)) return `for development, name ${origin} in \`allowLoopback\``
  if (pathname !== '/') return 'type the handle; the URL of a server begins with https:// and has no path'
  const handle = readResolvable(transport, host)
  if (handle === undefined) return `type https://${host}`
  return `type ${handle} where this is a handle, or https://${host} where it is a server`
}

function parseDid(transport: Pick<Transport, 'allowLoopback'>, text: string, found: string): Did {
  if (isAccountDid(text)) return text
  const field = 'did'
  if (!isDid(text) || text.startsWith('did:plc:') || (text.startsWith('did:web:') && !isDidWeb(text))) {
    const expected = 'a DID such as did:plc:…'
    throw new IdentityError('did_malformed', { field, expected, found, action: whatWasMeant(transport, text) })
  }
  if (!text.startsWith('did:web:')) {
    throw new IdentityError('did_unsupported', { field, expected: 'did:plc or did:web', found })
  }
  throw new IdentityError('did_unsupported', {
    field,
    expected: 'did:plc or did:web of a host alone',
    found,
    action: "type the account's handle: a did:web with a path or a port is no DID of an account here",
  })
}

/** An address of e-mail, or one that looks the same: of another network. */
const ADDRESS = /^(?:(?:mailto|acct):)?@?[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/i

function parseTypedHandle(transport: Pick<Transport, 'allowLoopback'>, typed: string, input: string): Handle {
  const handle = readHandle(typed)
  if (handle !== undefined) return handle
  const found = concealed(input)
  const expected = 'a domain name such as alice.example.com'
  if (ADDRESS.test(withoutEdges(typed))) {
    const isOfOthers = /^\s*(?:@|acct:)/i.test(input)
    throw new IdentityError('identifier_is_email', {
      field: 'identifier',
      expected,
      found,
      action: isOfOthers
        ? 'type the handle, such as alice.example.com: an address with an @ within it is not of this network'
        : undefined,
    })
  }
  if (/^[a-z0-9-]+$/i.test(typed)) {
    const action = wholeHandle(transport, typed)
    throw new IdentityError('handle_incomplete', { field: 'handle', expected, found, action })
  }
  throw malformedHandle(found, whatToType(transport, typed))
}

/** A URL within what was typed may carry credentials and a query, which are not for others to read. */
function concealed(input: string): string {
  return /[/:]/.test(input) ? bareUrl(input).replace(/\/\/[^\s/]*@/g, '//') : input
}
