import { type AtcuteStoredSession, type AtprotoStoredSession, memoryStorage } from 'atproof'
import type { JWK } from 'jose'
import { signIn } from '../scene.ts'
import { signedInAlice, signedInWithKey, type SignedInScene } from '../refresh/scene.ts'
import { jsonStorage } from '../sign-in/processes.ts'

/** Alice signed in with another library, which stored her session; and our app, which takes over. */
export interface ForeignScene extends SignedInScene {
  readonly atproto: AtprotoStoredSession
  readonly atcute: AtcuteStoredSession
}

/** With a public client, or with a confidential one that has this key. */
export async function foreignAlice(key?: JWK): Promise<ForeignScene> {
  const scene = await (key ? signedInWithKey(key) : signedInAlice())
  const oauth = scene.deploy(jsonStorage(memoryStorage({ clock: scene.clock })))
  const { atproto, atcute } = await storedByOthers({ ...scene, oauth })
  scene.network.log.clear()
  return { ...scene, atproto, atcute }
}

/** What the two libraries write down of a session, member for member. */
async function storedByOthers(scene: SignedInScene) {
  const { sessionId } = (await signIn(scene)).session
  const session = await scene.oauth.exportSession(sessionId)
  const { tokens, clientAuth: auth, dpopKey } = session
  const authMethod = auth.method === 'none' ? { method: 'none' } : { method: auth.method, kid: auth.kid }
  const tokenSet = {
    iss: session.issuer,
    sub: session.did,
    aud: session.pds,
    scope: session.scope,
    access_token: tokens.accessToken,
    refresh_token: tokens.refreshToken,
    token_type: 'DPoP',
  }
  const end = tokens.expiresAt ?? 0
  const atproto = {
    dpopJwk: { ...dpopKey, alg: 'ES256', key_ops: ['sign'] },
    authMethod,
    tokenSet: { ...tokenSet, aud: `${session.pds}/`, expires_at: new Date(end).toISOString() },
  }
  return {
    atproto,
    atcute: { dpopKey: { ...dpopKey, alg: 'ES256' }, authMethod, tokenSet: { ...tokenSet, expires_at: end } },
  }
}
