import { IdentityError, type IdentityErrorCode } from '../errors/identity-error.ts'
import { parseOrigin } from '../http/origin.ts'
import type { Transport } from '../http/transport.ts'
import { isAtprotoDid, isDidWeb } from '../syntax/account-did.ts'
import { type Did, isDid } from '../syntax/did.ts'
import { type Handle, isResolvable, PLACEHOLDER, readHandle } from '../syntax/handle.ts'
import { parseUrl } from '../syntax/parse-url.ts'
import { LONGEST_IDENTIFIER } from './limits.ts'

/** Where a sign-in begins: at an account, or at a server. `typed` is for `login_hint`: as typed, without what is not seen. */
export type Identifier =
  | { readonly kind: 'handle'; readonly handle: Handle; readonly typed: string }
  | { readonly kind: 'did'; readonly did: Did; readonly typed: string }
  | { readonly kind: 'server'; readonly origin: string }

type Allowed = Pick<Transport, 'allowLoopback'>

/**
 * Tells apart what people type to sign in: a handle, a DID, or the URL of a PDS or authorization server. What is none of
 * them is refused with a code of its own and, where it can be guessed, with what to type.
 *
 * @throws IdentityError `identifier_missing`, `identifier_malformed`, `identifier_is_link`, `identifier_is_email`,
 *   `server_url_insecure`, `server_url_malformed`, `handle_incomplete`, `handle_malformed`, `handle_placeholder`,
 *   `handle_reserved`, `did_malformed`, `did_unsupported`
 */
export async function parseIdentifier(transport: Allowed, input: string): Promise<Identifier> {
  const read = readIdentifier(transport, input)
  if (typeof read === 'object') return read
  // Rare, and so not in what a page loads to sign in. Where it cannot be loaded, the code says what is wrong.
  const explaining = import('./explain-identifier.ts')
  const facts = await explaining.then(
    ({ explainIdentifier }) => explainIdentifier(transport, input, read),
    () => undefined,
  )
  throw new IdentityError(read, facts)
}

/** What was typed; or the code of what is wrong with it. */
export function readIdentifier(transport: Allowed, input: string): Identifier | IdentityErrorCode {
  // A DID has 2048 characters at most. What is far longer is not looked into: it would take minutes.
  if (input.length > LONGEST_IDENTIFIER) return 'identifier_malformed'
  const { text, typed } = withoutUnseen(input)
  if (typed === '') return 'identifier_missing'
  if (LINK.test(typed)) return 'identifier_is_link'
  if (/^https?:/i.test(text)) {
    const origin = parseOrigin(transport, text)
    return origin === undefined ? mistakeInUrl(transport, text) : { kind: 'server', origin }
  }
  if (/^did:/i.test(text)) return isAtprotoDid(text) ? { kind: 'did', did: text, typed } : mistakeInDid(text)
  const handle = readHandle(typed)
  if (handle === undefined) return mistakeInHandle(typed)
  if (isResolvable(handle, transport)) return { kind: 'handle', handle, typed }
  return handle === PLACEHOLDER ? 'handle_placeholder' : 'handle_reserved'
}

/** Blanks, and marks that are not seen but pasted along: zero-width ones, those of the writing direction. */
const UNSEEN_AROUND = /^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu

/** A text without what is not seen around it, and without the `@` of a handle too. */
export function withoutUnseen(input: string): { readonly text: string; readonly typed: string } {
  const text = input.replace(UNSEEN_AROUND, '')
  return { text, typed: text.replace(/^@/, '').replace(UNSEEN_AROUND, '') }
}

/** A page of somebody in a web app, with or without its scheme; and what an AT URI begins with. */
export const LINK: RegExp = /^(?:(?:https?:\/\/)?[^\s/@:]+\/profile\/@?|at:\/\/)(?<who>[^\s/?#]*)/i

function mistakeInUrl({ allowLoopback }: Allowed, text: string): IdentityErrorCode {
  const url = parseUrl(text)
  if (!url) return 'identifier_malformed'
  const isSafe = url.protocol === 'https:' || allowLoopback.has(url.origin)
  return isSafe ? 'server_url_malformed' : 'server_url_insecure'
}

function mistakeInDid(text: string): IdentityErrorCode {
  const isOfOthers = isDid(text) && !/^did:(?:plc|web):/.test(text)
  return isOfOthers || isDidWeb(text) ? 'did_unsupported' : 'did_malformed'
}

/** An address of e-mail, or one that looks the same: of another network. */
const ADDRESS = /^(?:(?:mailto|acct):)?@?[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/i
/** What stands around a handle in a text, and is no part of it: brackets, quotes, dots; not the hyphen of a label. */
const EDGES = /^(?:(?![_-])[\s\p{C}\p{P}\p{Sm}\p{Sk}])+|(?:(?![_-])[\s\p{C}\p{P}\p{Sm}\p{Sk}])+$/gu
/** A longer text is none that somebody meant as a handle, and takes long to look into. A DID alone may be longer. */
export const LONGEST_GUESS = 300

function mistakeInHandle(typed: string): IdentityErrorCode {
  if (ADDRESS.test(withoutEdges(typed))) return 'identifier_is_email'
  return /^[a-z0-9-]+$/i.test(typed) ? 'handle_incomplete' : 'handle_malformed'
}

/** What is left of a text without what stands around it. */
export function withoutEdges(text: string): string {
  return text.length > LONGEST_GUESS ? text : text.replace(EDGES, '')
}
