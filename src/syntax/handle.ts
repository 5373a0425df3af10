import { IdentityError } from '../errors/identity-error.ts'

/** A handle in lower case: a domain name that an account claims. */
export type Handle = `${string}.${string}`

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const HANDLE = new RegExp(`^(?:${LABEL}\\.)+(?=[a-z])${LABEL}$`)
const MAX_LENGTH = 253
const NOT_ASCII = /[^\p{ASCII}]/u

/** What is shown in the place of a handle that does not point back to its account. Nobody has it. */
export const PLACEHOLDER: Handle = 'handle.invalid'

/** Names below top-level domains that no resolver is ever asked about. Well-formed all the same (Handle specification, "Additional Non-Syntax Restrictions"). */
const RESERVED = /\.(?:alt|arpa|example|internal|invalid|local|localhost|onion)$/

/**
 * Reads a handle as people type it: with or without `@`, in any case, with blanks around it.
 *
 * @throws IdentityError `handle_malformed`
 * @see https://atproto.com/specs/handle
 */
export function parseHandle(input: string): Handle {
  const handle = readHandle(input.trim().replace(/^@/, ''))
  if (handle !== undefined) return handle
  const expected = 'a domain name such as alice.example.com'
  const action = `check the spelling: a handle is ${expected}`
  throw new IdentityError('handle_malformed', { field: 'handle', expected, found: input, action })
}

/** Reads a handle in any case; undefined for what is none. */
export function readHandle(text: string): Handle | undefined {
  // Before the lower case: some letters of other scripts become ASCII by it.
  if (NOT_ASCII.test(text)) return undefined
  const handle = text.toLowerCase()
  return isHandle(handle) ? handle : undefined
}

/** Whether this is a well-formed handle in lower case. */
export function isHandle(value: string): value is Handle {
  return value.length <= MAX_LENGTH && HANDLE.test(value)
}

/** Whether a domain name may be looked up at all. `.test` is for development: where an app allows origins on its machine. */
export function isResolvable(
  name: Handle,
  { allowLoopback }: { readonly allowLoopback: ReadonlySet<string> },
): boolean {
  return !RESERVED.test(name) && (!name.endsWith('.test') || allowLoopback.size > 0)
}
