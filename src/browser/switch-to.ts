import type { XrpcClient } from '../xrpc/xrpc-client.ts'
import { keepCurrent } from './keep-current.ts'
import { type OAuthClient, tabOf } from './oauth-client.ts'
import { tellTabs } from './tell-tabs.ts'

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
  tellTabs(tab, { type: 'switched', sessionId, did: client.did })
  return client
}
