import { isDid } from '@atproto/did'
import { IdentityError } from '../errors.ts'
import { parseOrigin } from '../http/origin.ts'
import type { Transport } from '../http/transport.ts'
import type { Did } from '../syntax/did.ts'
import { type Handle, parseHandle } from '../syntax/handle.ts'
import { isAccountDid } from './account-did.ts'

/** Where a sign-in begins: at an account, or at a server. */
export type Identifier =
  | { readonly kind: 'handle'; readonly handle: Handle }
  | { readonly kind: 'did'; readonly did: Did }
  | { readonly kind: 'server'; readonly origin: string }

/**
 * Tells apart what people type to sign in: a handle, a DID, or the URL of a PDS or authorization server.
 *
 * @throws IdentityError `identifier_malformed`, `handle_malformed`, `did_malformed`, `did_unsupported`
 */
export function parseIdentifier(transport: Pick<Transport, 'allowLoopback'>, input: string): Identifier {
  const text = input.trim()
  if (/^https?:/i.test(text)) {
    const origin = parseOrigin(transport, text)
    if (origin !== undefined) return { kind: 'server', origin }
    const expected = 'a handle, a DID, or the https URL of a server without a path'
    const isDevelopment = /^http:\/\/(?:localhost|127\.|\[::1\])/i.test(text)
    const action = isDevelopment ? 'for development, name this origin in `allowLoopback`' : undefined
    throw new IdentityError('identifier_malformed', { field: 'identifier', expected, found: input, action })
  }
  if (!text.startsWith('did:')) return { kind: 'handle', handle: parseHandle(text) }
  if (isAccountDid(text)) return { kind: 'did', did: text }
  if (!isDid(text) || /^did:(?:plc|web):/.test(text)) {
    throw new IdentityError('did_malformed', { field: 'did', expected: 'a DID such as did:plc:…', found: input })
  }
  throw new IdentityError('did_unsupported', { field: 'did', expected: 'did:plc or did:web', found: input })
}
