import { type Did, isAtprotoDid } from '../syntax/did.ts'
import { LONGEST_DID } from './limits.ts'

/**
 * Whether this is a well-formed DID of a method that AT Protocol supports.
 *
 * @see https://atproto.com/specs/did
 */
export function isAccountDid(value: unknown): value is Did {
  return isAtprotoDid(value) && value.length <= LONGEST_DID
}
