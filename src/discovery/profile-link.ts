import { IdentityError } from '../errors.ts'
import { bareUrl } from '../http/transport.ts'
import { readHandle } from '../syntax/handle.ts'
import { isAccountDid } from './account-did.ts'

/** A page of somebody in a web app, with or without its scheme; and what an AT URI begins with. */
const LINK = /^(?:(?:https?:\/\/)?[^\s/@:]+\/profile\/@?|at:\/\/)(?<who>[^\s/?#]*)/i

/**
 * Refuses what people copy from the address bar of another app, and says which part of it to type.
 *
 * @throws IdentityError `identifier_is_link`
 */
export function assertNoLink(text: string): void {
  const who = LINK.exec(text)?.groups?.['who']
  if (who === undefined) return
  const found = bareUrl(text)
  const name = isAccountDid(who) ? who : readHandle(who)
  const expected = name ?? 'a handle such as alice.example.com'
  const action = name === undefined ? undefined : `type ${name}`
  throw new IdentityError('identifier_is_link', { field: 'identifier', expected, found, action })
}
