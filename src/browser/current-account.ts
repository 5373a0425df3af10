import { StorageError } from '../errors/storage-error.ts'
import { isSessionId } from '../session/record.ts'
import type { XrpcClient } from '../xrpc/xrpc-client.ts'
import { readText } from './read-text.ts'
import { loadPart } from './load-part.ts'
import type { OAuthClient } from './oauth-client.ts'
import type { Resumed } from './resumed.ts'
import type { Tab } from './tab.ts'

/** Under which name it stands which session is in use. */
export const CURRENT = 'current'

/** What stands there once the account in use was signed out. */
export const NOBODY = ''

/** The session in use in this browser; `NOBODY` after its sign-out; undefined where that is not known. */
export function readCurrent(tab: Tab): string | undefined {
  const text = readText(tab, CURRENT) ?? tab.current
  return text === NOBODY || (text && isSessionId(text)) ? text : undefined
}

/** Brings the account in use back. Where its session is gone, another one of the same account; never another account. */
export async function resumeCurrent(oauth: OAuthClient, tab: Tab): Promise<Resumed | undefined> {
  const current = readCurrent(tab)
  if (current === NOBODY) return undefined
  const client = (current && (await restoreReadable(oauth, current))) || (await restoreOther(oauth, tab, current))
  return client && { client, state: undefined }
}

async function restoreOther(
  oauth: OAuthClient,
  tab: Tab,
  noted: string | undefined,
): Promise<XrpcClient | undefined> {
  const { restoreAnother } = await loadPart(import('./find-accounts.ts'))
  return restoreAnother(oauth, tab, noted)
}

/** A session that cannot be read stands in nobody's way: `latest` and `sessions` tell of it by an event. */
async function restoreReadable(oauth: OAuthClient, sessionId: string): Promise<XrpcClient | undefined> {
  try {
    return await oauth.restore(sessionId)
  } catch (error) {
    if (error instanceof StorageError && error.code === 'corrupt') return undefined
    throw error
  }
}
