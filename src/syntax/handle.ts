import { IdentityError } from '../errors.ts'

/** A handle in lower case: a domain name that an account claims. */
export type Handle = `${string}.${string}`

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const HANDLE = new RegExp(`^(?:${LABEL}\\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$`)
const MAX_LENGTH = 253

/** Top-level domains that no resolver is ever asked about. Well-formed all the same (Handle specification, "Additional Non-Syntax Restrictions"). */
const RESERVED = new Set(['alt', 'arpa', 'example', 'internal', 'invalid', 'local', 'localhost', 'onion'])

/**
 * Reads a handle as people type it: with or without `@`, in any case, with blanks around it.
 *
 * @throws IdentityError `handle_malformed`
 * @see https://atproto.com/specs/handle
 */
export function parseHandle(input: string): Handle {
  const handle = input.trim().replace(/^@/, '').toLowerCase()
  if (!isHandle(handle)) {
    throw new IdentityError('handle_malformed', {
      field: 'handle',
      expected: 'a domain name such as alice.example.com',
      found: input,
    })
  }
  return handle
}

/** Whether this is a well-formed handle in lower case. */
export function isHandle(value: string): value is Handle {
  return value.length <= MAX_LENGTH && HANDLE.test(value)
}

/**
 * Refuses a handle that must never be looked up. `.test` is for development only.
 *
 * @throws IdentityError `handle_reserved`
 */
export function assertResolvable(handle: Handle, { allowTest }: { readonly allowTest: boolean }): void {
  const domain = handle.slice(handle.lastIndexOf('.') + 1)
  if (!RESERVED.has(domain) && (domain !== 'test' || allowTest)) return
  throw new IdentityError('handle_reserved', {
    field: 'handle',
    expected: 'a domain of the public internet',
    found: handle,
    ...(domain === 'test' && { action: 'set `allowLoopback` to resolve .test handles in development' }),
  })
}
