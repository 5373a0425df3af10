import { isDid } from '@atproto/did'
import { IdentityError } from '../errors.ts'
import { parseOrigin } from '../http/origin.ts'
import { bareUrl, type Transport } from '../http/transport.ts'
import type { Did } from '../syntax/did.ts'
import { assertResolvable, type Handle, parseHandle, readHandle } from '../syntax/handle.ts'
import { isAccountDid } from './account-did.ts'
import { LONGEST_IDENTIFIER } from './limits.ts'
import { assertNoLink } from './profile-link.ts'

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
  assertNoLink(typed)
  if (/^https?:/i.test(text)) return { kind: 'server', origin: parseServer(transport, text) }
  if (/^did:/i.test(text)) return { kind: 'did', did: parseDid(text, input), typed }
  const handle = parseTypedHandle(typed, input)
  assertResolvable(handle, { allowTest: transport.allowLoopback.size > 0 })
  return { kind: 'handle', handle, typed }
}

function parseServer(transport: Pick<Transport, 'allowLoopback'>, text: string): string {
  const origin = parseOrigin(transport, text)
  if (origin !== undefined) return origin
  const field = 'identifier'
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url) {
    const expected = 'a handle, a DID, or the https URL of a server'
    throw new IdentityError('identifier_malformed', { field, expected, found: bareUrl(text) })
  }
  const { host, hostname, protocol, pathname } = url
  // Neither the credentials nor the query of a URL are for others to read.
  const found = `${protocol}//${host}${pathname}`
  if (protocol !== 'http:' || transport.allowLoopback.has(url.origin)) {
    const action = `type ${url.origin}`
    throw new IdentityError('server_url_malformed', { field, expected: url.origin, found, action })
  }
  const isDevelopment = /^(?:localhost|127\.[\d.]+|\[::1\]|.*\.localhost)$/.test(hostname)
  const action = isDevelopment
    ? `for development, name ${url.origin} in \`allowLoopback\``
    : `type https://${host}`
  throw new IdentityError('server_url_insecure', { field, expected: 'https', found, action })
}

function parseDid(text: string, found: string): Did {
  if (isAccountDid(text)) return text
  if (!isDid(text) || /^did:(?:plc|web):/.test(text)) {
    const lower = text.toLowerCase()
    const action = isAccountDid(lower) ? `type ${lower}` : undefined
    throw new IdentityError('did_malformed', { field: 'did', expected: 'a DID such as did:plc:…', found, action })
  }
  throw new IdentityError('did_unsupported', { field: 'did', expected: 'did:plc or did:web', found })
}

function parseTypedHandle(typed: string, found: string): Handle {
  const handle = readHandle(typed)
  if (handle !== undefined) return handle
  if (/^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/.test(typed)) {
    const expected = 'a domain name such as alice.example.com'
    throw new IdentityError('identifier_is_email', { field: 'identifier', expected, found })
  }
  if (/^[a-z0-9-]+$/i.test(typed)) {
    const action = `type the whole handle, such as ${typed.toLowerCase()}.bsky.social`
    throw new IdentityError('handle_incomplete', {
      field: 'handle',
      expected: 'a domain name such as alice.example.com',
      found,
      action,
    })
  }
  return parseHandle(found)
}
