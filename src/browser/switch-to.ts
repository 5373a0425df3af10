import type { XrpcClient } from '../xrpc/xrpc-client.ts'
import { type OAuthClient, tabOf } from './oauth-client.ts'
import { takeIntoUse } from './take-into-use.ts'

/**
 * Makes another account the one in use in this browser, without any request, and tells the other tabs. Undefined where
 * there is no such session; then nothing changes.
 *
 * @throws StorageError `read_failed`, `corrupt`
 */
export async function switchTo(oauth: OAuthClient, sessionId: string): Promise<XrpcClient | undefined> {
  const client = await oauth.restore(sessionId)
  if (!client) return undefined
  takeIntoUse(tabOf(oauth), sessionId)
  return client
}
