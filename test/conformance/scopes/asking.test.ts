import { OAuthClient, scopes } from 'atproof'
import { fakeNetwork } from 'atproof/testing'
import { expect, test } from 'vitest'

const aud = 'did:web:api.example.com#svc'
const BUILT = [
  scopes.atproto,
  scopes.repo({ collection: ['com.example.note', 'com.example.like'], action: ['delete', 'create'] }),
  scopes.rpc({ lxm: 'com.example.do', aud }),
  scopes.blob({ accept: ['image/svg+xml', 'video/*'] }),
  scopes.account({ attr: 'email' }),
  scopes.identity({ attr: 'handle' }),
]

/** An app whose metadata declares a scope. */
function appOf(scope: string) {
  const network = fakeNetwork()
  network.createAccount('alice.test')
  const redirectUri = 'http://127.0.0.1/callback'
  const oauth = new OAuthClient({ ...network.clientOptions, redirectUri, scope })
  return { network, oauth }
}

test('[L5] a server grants every scope that is built, letter for letter', async () => {
  const { network, oauth } = appOf(scopes.format(BUILT))
  const client = await network.signIn('alice.test', { oauth })
  expect(client.session.scope).toBe(BUILT.join(' '))
})

test('[L5] what is built has one form, so that what is asked for is what was declared', async () => {
  const again = [
    scopes.repo({ action: ['create', 'delete'], collection: ['com.example.like', 'com.example.note'] }),
    scopes.blob({ accept: ['video/mp4', 'video/*', 'image/svg+xml'] }),
    scopes.atproto,
  ]
  const { network, oauth } = appOf(scopes.format(BUILT))
  await oauth.authorize('alice.test', { scope: scopes.format(again) })
  expect(network.log.last?.status).toBe(201)
})

test('[L5] the same permission in other letters is another scope to a server', async () => {
  const raw = `rpc:com.example.do?aud=${aud}`
  const declared = scopes.rpc({ lxm: 'com.example.do', aud })
  expect(scopes.allows(raw, declared)).toBe(true)
  const { network, oauth } = appOf(`atproto ${declared}`)
  await expect(oauth.authorize('alice.test', { scope: `atproto ${raw}` })).rejects.toThrow(raw)
  expect(network.log.to('/oauth/par').filter(({ status }) => status === 201)).toEqual([])
})
