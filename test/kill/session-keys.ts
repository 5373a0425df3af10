import type { ClientKind } from './messages.ts'

/** Where sessions stand in a storage, by what their keys begin with. */
export const FOLDERS = ['session/', 'password/'] as const

/** The key of a session. */
export function sessionKeyOf(client: ClientKind, sessionId: string): string {
  return (client === 'password' ? 'password/' : 'session/') + sessionId
}

/** The id in a session's key; undefined for any other key. */
export function sessionIdIn(key: string): string | undefined {
  const folder = FOLDERS.find((each) => key.startsWith(each))
  return folder && key.slice(folder.length)
}
