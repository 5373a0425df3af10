import { didOf } from '../session/record.ts'
import type { XrpcClient } from '../xrpc/xrpc-client.ts'
import { keepCurrent } from './keep-current.ts'
import type { OAuthClient } from './oauth-client.ts'
import type { Tab } from './tab.ts'

/**
 * Restores whom the noted session does not lead to: where it is gone, the newest session of its account, and never
 * another account, which the person did not choose. Where nothing is noted, because the browser forgot or could not keep
 * it, whoever signed in last. It is the session in use from then on.
 */
export async function restoreAnother(
  oauth: OAuthClient,
  tab: Tab,
  noted: string | undefined,
): Promise<XrpcClient | undefined> {
  const client = noted === undefined ? await restoreNewest(oauth) : await oauth.latest(didOf(noted))
  if (client) keepCurrent(tab, client.session.sessionId)
  return client
}

async function restoreNewest(oauth: OAuthClient): Promise<XrpcClient | undefined> {
  let [newest, newestAt]: [string | undefined, number] = [undefined, -Infinity]
  for await (const { sessionId, createdAt = 0 } of oauth.sessions()) {
    if (createdAt > newestAt) [newest, newestAt] = [sessionId, createdAt]
  }
  return newest === undefined ? undefined : oauth.restore(newest)
}
