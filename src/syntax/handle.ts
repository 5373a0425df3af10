import { IdentityError } from '../errors/identity-error.ts'

/** A handle in lower case: a domain name that an account claims. */
export type Handle = `${string}.${string}`

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const HANDLE = new RegExp(`^(?:${LABEL}\\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$`)
const MAX_LENGTH = 253
const NOT_ASCII = /[^\p{ASCII}]/u

/** What is shown in the place of a handle that does not point back to its account. Nobody has it. */
const PLACEHOLDER: Handle = 'handle.invalid'

/** Top-level domains that no resolver is ever asked about. Well-formed all the same (Handle specification, "Additional Non-Syntax Restrictions"). */
const RESERVED = new Set(['alt', 'arpa', 'example', 'internal', 'invalid', 'local', 'localhost', 'onion'])

/**
 * Reads a handle as people type it: with or without `@`, in any case, with blanks around it.
 *
 * @throws IdentityError `handle_malformed`
 * @see https://atproto.com/specs/handle
 */
export function parseHandle(input: string): Handle {
  const handle = readHandle(input.trim().replace(/^@/, ''))
  if (handle !== undefined) return handle
  throw malformedHandle(input)
}

/** The refusal of what is no handle. `action` says what to type instead, where that can be guessed. */
export function malformedHandle(found: string, action?: string): IdentityError {
  const expected = 'a domain name such as alice.example.com'
  return new IdentityError('handle_malformed', { field: 'handle', expected, found, action })
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

/**
 * Refuses a handle that must never be looked up. `.test` is for development only.
 *
 * @throws IdentityError `handle_placeholder`, `handle_reserved`
 */
export function assertResolvable(handle: Handle, { allowTest }: { readonly allowTest: boolean }): void {
  if (handle === PLACEHOLDER) {
    throw new IdentityError('handle_placeholder', {
      field: 'handle',
      expected: 'a handle of an account',
      found: handle,
    })
  }
  if (isResolvable(handle, { allowTest })) return
  throw new IdentityError('handle_reserved', {
    field: 'handle',
    expected: 'a domain of the public internet',
    found: handle,
    action: reservedAction(topLevelOf(handle)),
  })
}

function reservedAction(domain: string): string {
  if (domain === 'test') return 'set `allowLoopback` to resolve .test handles in development'
  return `type another handle of the account, or its DID: no name in .${domain} is ever looked up`
}

/** Whether a domain name may be looked up at all. */
export function isResolvable(name: Handle, { allowTest }: { readonly allowTest: boolean }): boolean {
  const domain = topLevelOf(name)
  return !RESERVED.has(domain) && (domain !== 'test' || allowTest)
}

function topLevelOf(name: Handle): string {
  return name.slice(name.lastIndexOf('.') + 1)
}
