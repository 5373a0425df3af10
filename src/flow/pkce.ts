import { hashText } from '../syntax/base64url.ts'

/**
 * The challenge of a PKCE verifier, by the method S256.
 *
 * @see RFC 7636 §4.2
 */
export function calculateCodeChallenge(verifier: string): Promise<string> {
  return hashText(verifier)
}
