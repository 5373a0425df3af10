// A process of its own, run by login-loopback.test.ts: it prints why the sign-in failed, and has nothing left to wait for.
import { OAuthClient } from 'atproof'
import { loginLoopback } from 'atproof/node'
import { fakeNetwork } from 'atproof/testing'

const network = fakeNetwork()
const { fetch, resolveTxt } = network
const oauth = new OAuthClient({ redirectUri: 'http://127.0.0.1/callback', fetch, resolveTxt })
const alice = network.createAccount('alice.example.com')
const open = () => Promise.reject(new Error('no browser'))
await loginLoopback(oauth, alice.handle, { open }).catch((error: Error) => console.log(error.message))
