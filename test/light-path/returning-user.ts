// A process of its own, run by light-path.test.ts: a returning user restores, calls, refreshes, calls again and signs
// out. It prints which modules that took.
import { loaded } from './record-imports.ts'

const { memoryStorage, OAuthClient } = await import('atproof')
const { SCENE } = await import('./stored-scene.ts')

const storage = memoryStorage()
await storage.put(SCENE.key, await SCENE.record(Date.now()), { ifVersion: null })
const oauth = new OAuthClient({ redirectUri: 'http://127.0.0.1/callback', storage, fetch: SCENE.fetch })
const client = await oauth.restore(SCENE.sessionId)
if (!client) throw new Error('the session did not come back')
await client.get('com.atproto.server.getSession')
const renewed = await client.refresh()
if (renewed === client) throw new Error('the refresh changed nothing')
await client.get('com.atproto.server.getSession')
const beforeSigningIn = [...loaded]
await oauth.authorize('alice.example.com').catch(() => {})
console.log(JSON.stringify({ lightPath: beforeSigningIn, all: loaded, asked: SCENE.asked }))
