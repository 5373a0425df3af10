import { expect, test } from 'vitest'
import { alicesScene, signIn } from '../scene.ts'

test('[A17] [B12] a sign-in that is to be fresh looks everything up anew', async () => {
  const scene = alicesScene()
  await signIn(scene)
  const { network, oauth, alice } = scene
  network.log.clear()
  await oauth.authorize(alice.handle)
  expect(network.log.to('/.well-known/oauth-authorization-server')).toHaveLength(0)
  await oauth.authorize(alice.handle, { fresh: true })
  for (const path of [
    '/.well-known/atproto-did',
    `/${alice.did}`,
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-authorization-server',
  ]) {
    expect(network.log.count(path)).toBe(1)
  }
})

test('[A17] a handle that was moved a moment ago is found where it is now, if it is asked afresh', async () => {
  const { network, oauth, alice } = alicesScene()
  await oauth.authorize(alice.handle)
  const { handle } = alice
  alice.rename('alice-before.example.com')
  const bob = network.createAccount(handle)
  const { url } = await oauth.authorize(handle, { fresh: true })
  expect(new URL(bob.approve(url)).searchParams.get('code')).not.toBeNull()
})

test('[D6] marks that nobody sees are not part of the login hint', async () => {
  const { network, oauth } = alicesScene()
  await oauth.authorize('\u202A@Alice.example.com\u200B ')
  expect(network.log.to('/oauth/par').map(({ form }) => form?.get('login_hint'))).toEqual([
    'Alice.example.com',
    'Alice.example.com',
  ])
})
