import { base64url } from 'jose'

/** SHA-256 of a text in base64url: what `ath` and `code_challenge` are made of. Not with the code that it checks. */
export async function hashBase64url(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return base64url.encode(new Uint8Array(digest))
}
