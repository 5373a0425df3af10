import { IdentityError } from '../errors/identity-error.ts'
import { bareUrl, type Transport } from '../http/transport.ts'
import { isAccountDid } from './account-did.ts'
import { readResolvable } from './what-to-type.ts'

/** A page of somebody in a web app, with or without its scheme; and what an AT URI begins with. */
const LINK = /^(?:(?:https?:\/\/)?[^\s/@:]+\/profile\/@?|at:\/\/)(?<who>[^\s/?#]*)/i

/**
 * Refuses what people copy from the address bar of another app, and says which part of it to type.
 *
 * @throws IdentityError `identifier_is_link`
 */
export function assertNoLink(transport: Pick<Transport, 'allowLoopback'>, text: string): void {
  const who = LINK.exec(text)?.groups?.['who']
  if (who === undefined) return
  const found = bareUrl(text)
  const name = isAccountDid(who) ? who : readResolvable(transport, who)
  const expected = name ?? 'a handle such as alice.example.com'
  const action = name === undefined ? undefined : `type ${name}`
  throw new IdentityError('identifier_is_link', { field: 'identifier', expected, found, action })
}
