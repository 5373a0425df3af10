import type { XrpcClient } from '../xrpc/xrpc-client.ts'
import { keepCurrent, tellCurrent } from './keep-current.ts'
import { type OAuthClient, tabOf } from './oauth-client.ts'

/**
 * Makes another account the one in use in this browser, without any request, and tells the other tabs. Undefined where
 * there is no such session; then nothing changes.
 *
 * @throws StorageError `read_failed`, `corrupt`
 */
export async function switchTo(oauth: OAuthClient, sessionId: string): Promise<XrpcClient | undefined> {
  const client = await oauth.restore(sessionId)
  if (!client) return undefined
  const tab = tabOf(oauth)
  keepCurrent(tab, sessionId)
  tellCurrent(tab, sessionId)
  return client
}
