import type { ErrorFacts } from '../errors/atproof-error.ts'
import type { IdentityErrorCode } from '../errors/identity-error.ts'
import { isLoopbackHost } from '../http/address.ts'
import { bareUrl, type Transport } from '../http/transport.ts'
import { isAtprotoDid } from '../syntax/account-did.ts'
import { LINK, withoutUnseen } from './identifier.ts'
import { LONGEST_IDENTIFIER } from './limits.ts'
import { readResolvable, whatToType, whatWasMeant, wholeHandle } from './what-to-type.ts'

type Allowed = Pick<Transport, 'allowLoopback'>

/** What there is to say of something typed that is neither a handle, a DID nor a server; its code is known. */
type Explain = (transport: Allowed, typed: Typed) => ErrorFacts

interface Typed {
  /** As it came. */
  readonly input: string
  /** Without what is not seen around it. */
  readonly text: string
  /** Without the `@` of a handle, too. */
  readonly typed: string
}

/** The facts of a mistake, and what it means. */
interface Explanation extends ErrorFacts {
  readonly says?: string | undefined
}

/**
 * Says what was expected of what a person typed and, where it can be guessed, what to type instead. Shows neither the
 * credentials nor the query of a URL, which are not for others to read.
 */
export function explainIdentifier(transport: Allowed, input: string, code: IdentityErrorCode): Explanation {
  // Not looked into, as whoever read it did not.
  if (input.length > LONGEST_IDENTIFIER) {
    return { field: 'identifier', expected: `at most ${LONGEST_IDENTIFIER} characters`, found: input }
  }
  const field = /^(?:handle|did)/.exec(code)?.[0] ?? 'identifier'
  const explained = EXPLAIN[code]?.(transport, { input, ...withoutUnseen(input) })
  return { says: SAYS[code], field, found: concealed(input), ...explained }
}

const NAME = 'a domain name such as alice.example.com'

/** What the codes mean, but those that are also used elsewhere. */
const SAYS: { readonly [Code in IdentityErrorCode]?: string } = {
  identifier_missing: 'nothing was typed',
  identifier_malformed: 'this is neither a handle, a DID nor the URL of a server',
  identifier_is_link: 'this is a link to a page, not a handle',
  server_url_insecure: 'the URL of a server must be https',
  server_url_malformed: 'the URL of a server is nothing but https:// and its host',
  handle_incomplete: 'the handle lacks its domain',
  handle_placeholder: 'this stands in the place of a handle that is broken: no account has it',
  handle_reserved: 'the handle ends in a domain that is never resolved',
  did_malformed: 'the DID is not well-formed',
}

/** What was expected, and what to type instead. */
const EXPLAIN: { readonly [Code in IdentityErrorCode]?: Explain } = {
  identifier_missing: (_, { input }) => ({ expected: 'a handle', found: input }),
  identifier_malformed: (_, { text }) => ({
    expected: 'a handle, a DID, or the https URL of a server',
    found: bareUrl(text),
  }),
  identifier_is_link: explainLink,
  identifier_is_email: (_, { input }) => ({
    expected: NAME,
    action: /^\s*(?:@|acct:)/i.test(input)
      ? 'type the handle, such as alice.example.com: an address with an @ within it is not of this network'
      : 'type the handle, such as alice.example.com',
  }),
  server_url_insecure: explainUrl,
  server_url_malformed: explainUrl,
  handle_incomplete: (transport, { typed }) => ({
    expected: NAME,
    action: wholeHandle(transport, typed) ?? 'type the whole handle, such as alice.example.com',
  }),
  handle_malformed: (transport, { typed }) => ({
    expected: NAME,
    action: whatToType(transport, typed) ?? `check the spelling: a handle is ${NAME}`,
  }),
  handle_placeholder: (_, { typed }) => ({
    expected: 'a handle of an account',
    found: typed.toLowerCase(),
    action: "type the account's DID, or mend its handle",
  }),
  handle_reserved: explainReserved,
  did_malformed: (transport, { input, text }) => ({
    expected: 'a DID such as did:plc:…',
    found: input,
    action: whatWasMeant(transport, text) ?? "check that the whole DID was copied, or type the account's handle",
  }),
  did_unsupported: explainDid,
}

/** What people copy from the address bar of another app has a part that they can type. */
function explainLink(transport: Allowed, { typed }: Typed): ErrorFacts {
  const who = LINK.exec(typed)?.groups?.['who'] ?? ''
  const name = isAtprotoDid(who) ? who : readResolvable(transport, who)
  const example = 'such as alice.example.com'
  return {
    expected: name ?? `a handle ${example}`,
    found: bareUrl(typed),
    action: `type ${name ?? `the handle itself, ${example}`}`,
  }
}

function explainUrl(transport: Allowed, { text }: Typed): ErrorFacts {
  const url = new URL(text)
  const { protocol, host, origin, pathname } = url
  const found = `${protocol}//${host}${pathname}`
  if (protocol === 'http:' && !transport.allowLoopback.has(origin)) {
    return { expected: 'https', found, action: secureAction(transport, url) }
  }
  if (pathname === '/') return { expected: origin, found, action: `type ${origin}` }
  const expected = 'a handle, or a URL without a path'
  return { expected, found, action: 'type the handle; the URL of a server has no path' }
}

/** What to type instead of a URL that is not https. */
function secureAction(transport: Allowed, { host, hostname, origin, pathname }: URL): string {
  if (isLoopbackHost(hostname)) return `for development, name ${origin} in \`allowLoopback\``
  if (pathname !== '/') return 'type the handle; the URL of a server begins with https:// and has no path'
  const handle = readResolvable(transport, host)
  if (handle === undefined) return `type https://${host}`
  return `type ${handle} where this is a handle, or https://${host} where it is a server`
}

function explainReserved(_: Allowed, { typed }: Typed): ErrorFacts {
  const found = typed.toLowerCase()
  const domain = found.slice(found.lastIndexOf('.'))
  const action =
    domain === '.test'
      ? 'set `allowLoopback` to resolve .test handles in development'
      : `type another handle of the account, or its DID: no name in ${domain} is ever looked up`
  return { expected: 'a domain of the public internet', found, action }
}

function explainDid(_: Allowed, { input, text }: Typed): ErrorFacts {
  if (!text.startsWith('did:web:')) {
    const action = "type the account's handle, or its did:plc or did:web"
    return { expected: 'did:plc or did:web', found: input, action }
  }
  return {
    expected: 'did:plc or did:web of a host alone',
    found: input,
    action: "type the account's handle: a did:web with a path or a port is no DID of an account here",
  }
}

/** A URL within what was typed may carry credentials and a query. */
function concealed(input: string): string {
  return /[/:]/.test(input) ? bareUrl(input).replace(/\/\/[^\s/]*@/g, '//') : input
}
